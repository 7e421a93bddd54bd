import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** What such a read may take, and a little for the way. */
const readMs = 3_300;

/** DynamoDB takes calls and does not answer them. */
export const dynamodbHanging: Experiment<World> = {
  name: 'dynamodb-hanging',
  hypothesis:
    'While DynamoDB hangs, who asks the read model is answered by the leader or told so, in time.',
  blastRadius: 'group',
  runbook: 'function-slow',
  tells: ['dependency-unavailable', 'idempotency-key-in-flight'],
  fis: {
    actionId: 'aws:network:disrupt-connectivity',
    parameters: { duration: 'PT5M', scope: 'dynamodb' },
  },
  inject: async ({ world, load, evidence, finding }) => {
    const before = world.aws.harmed();
    const posted = load.load.acknowledged.length;
    world.aws.befall({ call: 'DynamoDB', how: 'hanging', befalls: () => true });
    const startedMs = performance.now();
    const path = `/v1/accounts/${load.accounts[0]}/balance?consistency=eventual`;
    const { status, headers } = await load.client.get(path);
    const tookMs = Math.round(performance.now() - startedMs);
    const isOfLeader = status === 200 && headers['atlas-consistency'] === 'linearizable';
    if (status !== 503 && !isOfLeader) finding(`a read was answered with ${status}`);
    if (tookMs > readMs) finding(`a read was answered after ${tookMs} ms`);
    evidence('calls without an answer', world.aws.harmed() - before);
    if (load.load.acknowledged.length === posted) finding('no transfer was posted meanwhile');
  },
};
