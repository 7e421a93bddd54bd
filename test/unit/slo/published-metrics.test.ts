import type { Context, MSKEvent, SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { queueConsumer } from '../../../layers/runtime/src/queue-consumer.ts';
import { streamConsumer } from '../../../layers/runtime/src/stream-consumer.ts';
import { endpointTelemetry } from '../../../layers/runtime/src/telemetry.ts';
import { type IndicatorKind, indicatorOf } from '../../../lib/slo/indicators.ts';
import { placeOf } from '../../../lib/slo/sli.ts';
import { readStage } from '../../../lib/stage.ts';
import { capturedOutput } from '../../support/captured-output.ts';

const output = capturedOutput();

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
}

/** The same for the same metric, in whatever order its dimensions come. */
const keyOf = (
  namespace: string,
  metricName: string,
  dimensions: Readonly<Record<string, string>>,
): string =>
  JSON.stringify([
    namespace,
    metricName,
    ...Object.keys(dimensions)
      .toSorted((a, b) => a.localeCompare(b))
      .map((name) => [name, dimensions[name]]),
  ]);

/** What CloudWatch makes of the lines: namespace, name and dimensions of each metric. */
const published = (): readonly string[] =>
  output
    .text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((line) => line._aws !== undefined)
    .flatMap((line) =>
      (line._aws.CloudWatchMetrics as readonly Directive[]).flatMap((one) =>
        one.Dimensions.flatMap((dimensions) =>
          one.Metrics.map(({ Name }) =>
            keyOf(
              one.Namespace,
              Name,
              Object.fromEntries(dimensions.map((name) => [name, line[name]])),
            ),
          ),
        ),
      ),
    );

/** What the alarms of a function of that kind watch in the namespace of Atlas. */
const watched = (kind: IndicatorKind, name: string): readonly string[] => {
  const { requests, failures, durationMs } = indicatorOf[kind];
  return [...requests, ...failures, durationMs]
    .filter(({ namespace }) => namespace === 'Atlas')
    .map((source) => placeOf(readStage('prod'), name, source))
    .map(({ namespace, metricName, dimensions }) => keyOf(namespace, metricName, dimensions));
};

const context = { getRemainingTimeInMillis: () => 10_000 } as Context;

describe('what alarms watch is published', () => {
  it('by endpoints', () => {
    endpointTelemetry('post-transfer').record({
      method: 'POST',
      path: '/v1/transfers',
      status: 500,
      durationMs: 3,
      requestId: 'r-1',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    });
    const wanted = watched('endpoint', 'post-transfer');
    expect(wanted.length).toBeGreaterThan(1);
    expect(published()).toEqual(expect.arrayContaining([...wanted]));
  });

  it('by consumers of streams', async () => {
    const consumer = streamConsumer({
      name: 'project-balances',
      group: 'project-balances',
      budgetMs: 5_000,
      checkpoints: () => {
        throw new Error('a batch without records reads none');
      },
      apply: async () => 'applied',
    });
    await consumer({ records: {}, eventSource: 'aws:kafka' } as unknown as MSKEvent, context);
    const wanted = watched('stream', 'project-balances');
    expect(wanted.length).toBeGreaterThan(3);
    expect(published()).toEqual(expect.arrayContaining([...wanted]));
  });

  it('by consumers of queues', async () => {
    const consumer = queueConsumer({
      name: 'post-intake',
      budgetMs: 5_000,
      message: z.object({}),
      apply: async () => new Map(),
    });
    await consumer({ Records: [] } as SQSEvent, context);
    const wanted = watched('queue', 'post-intake');
    expect(wanted.length).toBeGreaterThan(2);
    expect(published()).toEqual(expect.arrayContaining([...wanted]));
  });
});
