import { metricCatalogue } from '@atlas/domain';
import { background, dependencyObserver, processMetrics, writeToldMetrics } from '@atlas/runtime';
import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { reportTrouble } from '../../../layers/runtime/src/report-trouble.ts';
import { endpointTelemetry } from '../../../layers/runtime/src/telemetry.ts';
import { capturedOutput } from '../../support/captured-output.ts';

const output = capturedOutput();

interface Directive {
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly {
    readonly Name: string;
    readonly Unit: string;
    readonly StorageResolution?: number;
  }[];
}

type Line = Readonly<Record<string, unknown>> & {
  readonly _aws?: { readonly CloudWatchMetrics: readonly Directive[] };
};

/** The lines that CloudWatch takes metrics from. */
const lines = (): readonly Line[] =>
  output
    .text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => line._aws !== undefined);
const directives = () => lines().flatMap((line) => line._aws?.CloudWatchMetrics ?? []);

const context = { getRemainingTimeInMillis: () => 10_000 } as Context;
const request = {
  method: 'POST',
  path: '/v1/transfers',
  status: 422,
  durationMs: 3,
  requestId: 'r-1',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  tenant: 'acme',
  problem: 'insufficient-funds',
};

/** Everything that can be published. */
const publishAll = async (): Promise<void> => {
  endpointTelemetry('post-transfer', 'critical').record(request);
  reportTrouble('IntakesUnannounced', 'not sent', new Error('no queue'));
  const observer = dependencyObserver('postgres-0');
  observer.waited(2);
  observer.ended('failed', 7);
  writeToldMetrics();
  const job = background({ name: 'expire-holds', budgetMs: 5_000 }, async (_event, run) => {
    run.count('HoldsExpired', 3);
    run.measure('OutboxWaiting', [
      { labels: ['0'], value: 4 },
      { labels: ['1'], value: 5 },
    ]);
    run.measure('OutboxOldestAgeMs', [
      { labels: ['0'], value: 4 },
      { labels: ['1'], value: 5 },
    ]);
  });
  await job(undefined, context);
};

describe('what CloudWatch gets', () => {
  it('is in the catalogue, with its unit, and with few dimensions', async () => {
    await publishAll();
    const units = { count: 'Count', milliseconds: 'Milliseconds', 'minor-units': 'None' };
    const published = directives().flatMap(({ Metrics }) => Metrics);
    expect(published.length).toBeGreaterThan(10);
    for (const { Name, Unit } of published) {
      const row = Object.entries(metricCatalogue).find(([name]) => name === Name)?.[1];
      expect({ Name, Unit }).toEqual({ Name, Unit: units[row?.unit ?? 'count'] });
      expect(row?.cloudWatch).toMatch(/line|told/);
    }
    const dimensions = new Set(directives().flatMap((one) => one.Dimensions.flat()));
    expect([...dimensions].toSorted()).toEqual(['dependency', 'endpoint', 'function', 'service']);
  });

  it('has traces, requests and tenants as properties, and never as dimensions', () => {
    endpointTelemetry('post-transfer', 'critical').record(request);
    const { traceparent, requestId, tenant } = request;
    expect(lines()[0]).toMatchObject({ traceparent, requestId, tenant });
    expect(directives().map((one) => one.Dimensions)).toEqual([[['service', 'endpoint']]]);
  });

  it('is kept by the second of critical endpoints alone', async () => {
    await publishAll();
    endpointTelemetry('list-assets', 'default').record({ ...request, status: 200 });
    const byTheSecond = lines().filter((line) =>
      line._aws?.CloudWatchMetrics.some(({ Metrics }) =>
        Metrics.some((one) => one.StorageResolution === 1),
      ),
    );
    expect(byTheSecond.map(({ endpoint }) => endpoint)).toEqual(['post-transfer']);
  });

  it('has of many values of a gauge one: their sum, or the greatest', async () => {
    await publishAll();
    expect(lines().at(-1)).toMatchObject({
      ...{ function: 'expire-holds', HoldsExpired: 3, OutboxWaiting: 9, OutboxOldestAgeMs: 5 },
    });
  });

  it('has no gauge of a run that failed, since it may be a part of what there is', async () => {
    const job = background({ name: 'measure-outbox', budgetMs: 5_000 }, async (_event, run) => {
      run.count('EventsParked', 1);
      run.measure('OutboxWaiting', [{ labels: ['0'], value: 4 }]);
      throw new Error('a shard does not answer');
    });
    await expect(job(undefined, context)).rejects.toThrow('measure-outbox failed');
    expect(lines().at(-1)).toMatchObject({ EventsParked: 1 });
    expect(Object.keys(lines().at(-1) ?? {})).not.toContain('OutboxWaiting');
  });

  it('is told once of what was counted together', () => {
    writeToldMetrics();
    output.forget();
    dependencyObserver('sqs').ended('answered', 7.5);
    writeToldMetrics();
    writeToldMetrics();
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toMatchObject({ dependency: 'sqs', DependencyCalls: 1, DependencyMs: 7.5 });
  });
});

describe('what a process counts', () => {
  const counted = () => Object.fromEntries(processMetrics.take('fleet'));

  it('is of an endpoint: requests, failures, refusals by their problem, durations', () => {
    counted();
    const telemetry = endpointTelemetry('post-transfer', 'critical');
    telemetry.record(request);
    telemetry.record({ ...request, status: 503, problem: 'overloaded' });
    telemetry.record({ ...request, status: 201, problem: undefined });
    expect(counted()).toMatchObject({
      'Requests|post-transfer': 3,
      'Faults|post-transfer': 1,
      'Refusals|post-transfer|insufficient-funds': 1,
      'LatencyMs|post-transfer|5': 3,
      'LatencyMs|post-transfer|sum': 9_000,
    });
  });

  it('is of a consumer what it handled one by one, of a job its runs, and of either its crashes', async () => {
    counted();
    const consumer = background({ name: 'consumer', budgetMs: 5_000 }, async (_event, run) => {
      run.handled({ all: 10, failed: 2 });
    });
    await consumer(undefined, context);
    const job = background({ name: 'job', budgetMs: 5_000 }, async (event: string) => {
      if (event === 'crash') throw new Error('broken');
    });
    await job('run', context);
    await expect(job('crash', context)).rejects.toThrow('job failed');
    expect(counted()).toMatchObject({
      ...{ 'Requests|consumer': 10, 'Faults|consumer': 2 },
      ...{ 'Requests|job': 2, 'Faults|job': 1 },
    });
  });
});
