import { type Checkpoints, deadlineIn } from '@atlas/domain';
import { decodeEvent } from '@atlas/kafka';
import { streamConsumer } from '../background.ts';
import { consumers } from '../manifest.ts';
import { monitorEvaluation } from '../services/monitor-evaluation.ts';
import { nudgeWorker } from '../services/nudge-worker.ts';
import { rowOf } from '../services/row-of.ts';

const settings = rowOf(consumers, 'evaluate-monitors');
const recordMs = 5_000;

/** The place of each shard is stored there, with what the record did to it. */
const storedWithEffects: Checkpoints = {
  read: async () => 0n,
  advance: async () => {},
};

/** By the batch at hand; an environment handles one at a time. */
let queued = 0;

/** `ledger.account.v1` → monitors, and the deliveries that they cause; then the worker is told. */
export const handler = streamConsumer({
  ...settings,
  checkpoints: () => storedWithEffects,
  apply: async (record) => {
    const message = decodeEvent(record.topic, record);
    if (message.type !== 'AccountEntered' || !('accountId' in message.data)) return 'ignored';
    const { topic, partition, incarnation, offset } = record;
    const { accountId, version } = message.data;
    const { tenant } = message;
    const place = { group: settings.group, topic, partition, incarnation, offset };
    const found = await monitorEvaluation().evaluate(
      { tenant, accountId, version: BigInt(version), ...place },
      { deadline: deadlineIn(Date.now(), recordMs) },
    );
    queued += found ?? 0;
    return found === undefined ? 'ignored' : 'applied';
  },
  afterBatch: async (run) => {
    run.count('WebhooksQueued', queued);
    const failure = queued > 0 ? await nudgeWorker(run) : undefined;
    queued = 0;
    if (failure !== undefined)
      run.fault('the worker could not be told; it comes by itself', failure);
  },
});
