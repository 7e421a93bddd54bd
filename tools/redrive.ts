/**
 * Moves the messages of a dead-letter queue back to the queue they came from, once the cause is mended:
 * `make redrive QUEUE=intake [STAGE=prod]`. What is handled twice has one effect.
 */
import { SQSClient } from '@aws-sdk/client-sqs';
import { Command } from 'commander';
import { queues } from '../functions/manifest.ts';
import { names } from '../lib/names.ts';
import { readStage } from '../lib/stage.ts';
import { readOutputs } from '../localstack/outputs.ts';
import { outputsFile } from '../localstack/paths.ts';
import { Trouble } from '../localstack/trouble.ts';
import { moveMessages } from './redrive/move-messages.ts';

/** The emulator that runs here, or AWS with the credentials and the region of the environment. */
const clientOf = async (stage: string): Promise<SQSClient> => {
  if (readStage(stage).onAws) return new SQSClient({});
  const { awsEndpoint: endpoint } = await readOutputs(outputsFile);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return new SQSClient({ endpoint, region: 'us-east-1', credentials });
};

const redrive = async (queue: string, { stage }: { readonly stage: string }): Promise<void> => {
  const known: readonly string[] = queues.map((row) => row.queue);
  if (!known.includes(queue)) {
    throw new Trouble(`there is no queue "${queue}"; there is ${known.join(', ')}`);
  }
  const name = names(readStage(stage));
  const places = { from: name.deadLetterQueue(queue), to: name.queue(queue) };
  const { before, moved, left, by } = await moveMessages(await clientOf(stage), places);
  const way = by === 'task' ? '' : ' (one by one: this endpoint has no message move tasks)';
  console.log(`${places.from}: ${before} messages`);
  console.log(`moved ${moved} to ${places.to}${way}; ${left} left`);
};

try {
  await new Command('redrive')
    .description('Move the messages of a dead-letter queue back to where they came from')
    .argument('<queue>', queues.map((row) => row.queue).join(', '))
    .option('--stage <name>', 'a file of lib/stages', 'local')
    .action(redrive)
    .parseAsync();
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
