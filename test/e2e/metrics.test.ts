import { randomUUID } from 'node:crypto';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { beforeAll, describe, expect, it } from 'vitest';
import { consumers } from '../../functions/manifest.ts';
import { type ApiClient, apiClient } from '../support/api-client.ts';
import { deployedApi } from '../support/deployed-api.ts';
import { pollUntil } from '../support/poll.ts';
import { counterValue } from '../support/prometheus-series.ts';

const deployed = deployedApi();
const { apiUrl, awsEndpoint: endpoint } = deployed.outputs;
const connection = {
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};
const toldMs = 120_000;
let client: ApiClient;
let operator: string;

beforeAll(async () => {
  const tenant = `metrics-${randomUUID().slice(0, 8)}`;
  client = apiClient(deployed.api, await deployed.token({ tenant }));
  operator = await deployed.token({ tenant: 'operators', scope: 'ops:read' });
});

const read = async (): Promise<string> => {
  const answer = await fetch(`${apiUrl}/v1/ops/metrics`, {
    headers: { Authorization: `Bearer ${operator}` },
  });
  const text = await answer.text();
  const type = answer.headers.get('content-type');
  if (answer.status === 200 && type === 'text/plain; version=0.0.4; charset=utf-8') return text;
  throw new Error(`answered ${answer.status}, ${type}: ${text}`);
};

describe('the metrics of the deployed API', () => {
  it('count requests, transfers, and what they moved, over functions, relay and table', async () => {
    const value = (text: string, name: string, labels: Readonly<Record<string, string>>) =>
      counterValue(text, name, labels) ?? 0;
    const of = { function: 'post-transfer' };
    const before = await read();
    await client.asset('EUR');
    const world = await client.account();
    const alice = await client.account();
    for (let i = 0; i < 5; i += 1) await client.transfer(world, alice, '100');
    const moved = (text: string) =>
      value(text, 'atlas_transferred_minor_units_total', { asset: 'EUR' }) -
      value(before, 'atlas_transferred_minor_units_total', { asset: 'EUR' });
    const asked = (text: string) =>
      value(text, 'atlas_requests_total', of) - value(before, 'atlas_requests_total', of);
    const text = await pollUntil(
      async () => {
        // Functions tell at the beginning of the next request.
        await client.transfer(world, alice, '1');
        return read();
      },
      (told) => asked(told) >= 5 && moved(told) >= 500,
      toldMs,
    );
    expect(value(text, 'atlas_duration_milliseconds_count', of)).toBeGreaterThanOrEqual(5);
    expect(value(text, 'atlas_transfers_total', { asset: 'EUR' })).toBeGreaterThanOrEqual(5);
  });

  it('have what the job measured: outboxes, consumers, and whether they answered', async () => {
    const lambda = new LambdaClient(connection);
    const { FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName: 'atlas-local-measure-outbox' }),
    );
    expect(FunctionError).toBeUndefined();
    const text = await read();
    for (const shard of ['0', '1']) {
      expect(counterValue(text, 'atlas_outbox_waiting', { shard })).toBeDefined();
      expect(counterValue(text, 'atlas_outbox_oldest_age_milliseconds', { shard })).toBeDefined();
      expect(counterValue(text, 'atlas_outbox_parked', { shard })).toBe(0);
      expect(counterValue(text, 'atlas_up', { dependency: `postgres-${shard}` })).toBe(1);
    }
    expect(counterValue(text, 'atlas_up', { dependency: 'kafka' })).toBe(1);
    for (const { group, topic } of consumers) {
      expect(counterValue(text, 'atlas_consumer_lag_records', { group, topic })).toBeDefined();
    }
  });

  it('are in the emulator’s CloudWatch, too, by the names that alarms watch', async () => {
    const cloudWatch = new CloudWatchClient(connection);
    const query = (Id: string, MetricName: string, Name: string, Value: string, Stat: string) => ({
      Id,
      MetricStat: {
        Metric: {
          Namespace: 'Atlas',
          MetricName,
          Dimensions: [
            { Name: 'service', Value: 'atlas' },
            { Name, Value },
          ],
        },
        Period: 3_600,
        Stat,
      },
    });
    const StartTime = new Date(Date.now() - 7_200_000);
    const found = await pollUntil(
      async () => {
        const { MetricDataResults = [] } = await cloudWatch.send(
          new GetMetricDataCommand({
            StartTime,
            EndTime: new Date(Date.now() + 60_000),
            MetricDataQueries: [
              query('requests', 'Requests', 'endpoint', 'post-transfer', 'Sum'),
              query('latency', 'LatencyMs', 'endpoint', 'post-transfer', 'Maximum'),
              query('outbox', 'OutboxWaiting', 'function', 'measure-outbox', 'Maximum'),
              query('calls', 'DependencyCalls', 'dependency', 'dynamodb-metrics', 'Sum'),
            ],
          }),
        );
        return MetricDataResults.map(({ Id, Values = [] }) => [Id, Values.length > 0]);
      },
      (all) => all.every(([, isThere]) => isThere),
      30_000,
    );
    expect(found).toHaveLength(4);
  });
});
