/** The local event source: `node localstack/event-source/main.ts ENDPOINTS.json`. SIGTERM stops it. */
import { readFileSync } from 'node:fs';
import type { BatchAnswer } from '@atlas/runtime';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { consumers } from '../../functions/manifest.ts';
import type { LocalEndpoints } from '../../lib/endpoints.ts';
import { startEventSource } from './event-source.ts';

const [, , file = ''] = process.argv;
const endpoints = JSON.parse(readFileSync(file, 'utf8')) as LocalEndpoints;
const lambda = new LambdaClient({
  endpoint: endpoints.awsEndpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});
const say = (message: string, fields: object = {}): void => {
  console.log(JSON.stringify({ at: new Date().toISOString(), message, ...fields }));
};

const invoke = async (functionName: string, event: object): Promise<BatchAnswer | null> => {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({
      FunctionName: functionName,
      Payload: Buffer.from(JSON.stringify(event)),
    }),
  );
  const text = Buffer.from(Payload ?? []).toString();
  if (FunctionError !== undefined) throw new Error(`${functionName} failed: ${text}`);
  return text === '' ? null : (JSON.parse(text) as BatchAnswer);
};

const sources = await Promise.all(
  consumers.map((row) =>
    startEventSource({
      ...row,
      kafka: { brokers: endpoints.kafkaBrokers.split(','), clientId: 'event-source', auth: 'none' },
      failureTopic: `${row.name}.failed.v1`,
      invoke: (event) => invoke(`atlas-local-${row.name}`, event),
      onFailure: (error) => say('failed', { reason: String(error) }),
    }),
  ),
);
say('ready');
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void Promise.all(sources.map((source) => source.close())).then(() => {
      say('stopped');
      process.exit(0);
    });
  });
}
