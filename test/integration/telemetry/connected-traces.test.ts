import { randomUUID } from 'node:crypto';
import { formatTraceparent } from '@atlas/domain';
import type { RelayTracing } from '@atlas/kafka';
import { noTracer, useTracer } from '@atlas/runtime';
import { openTelemetryTracer } from '@atlas/tracing/opentelemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startTraceCollector,
  type TraceCollector,
} from '../../../localstack/tracing/trace-collector.ts';
import { apiClient } from '../../support/api-client.ts';
import { feedConsumer } from '../../support/feed-consumer.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';
import { type TracedTransfer, traceFaults } from '../../support/trace-faults.ts';

let test: TestApi;
let collector: TraceCollector;

beforeAll(async () => {
  test = await startTestApi();
  collector = await startTraceCollector({ port: 0, maxTraces: 10_000 });
});
afterAll(async () => {
  await collector.close();
  await test.close();
});

const newTracer = () =>
  openTelemetryTracer({ service: 'atlas', stage: 'test', endpoint: collector.url, share: 1 });

/** What a caller sends who traces himself. */
const callersTraceparent = (): string => {
  const digits = randomUUID().replaceAll('-', '');
  return formatTraceparent({ traceId: digits, spanId: digits.slice(16), isSampled: true });
};

const accountCount = 20;
const atOnce = 8;

/** Transfers from HTTP to projection; every other one is part of its caller's trace. */
const madeTransfers = async (
  count: number,
  tracingOf: (tracing: RelayTracing) => RelayTracing | undefined,
): Promise<readonly TracedTransfer[]> => {
  const tracer = newTracer();
  useTracer(tracer);
  try {
    const tenant = `traced-${randomUUID().slice(0, 8)}`;
    const client = apiClient(test.api, await test.issuer.token({ tenant }));
    await client.asset('EUR');
    const accounts: string[] = [];
    for (let i = 0; i < accountCount; i += 1) accounts.push(await client.account());
    const accountAt = (i: number) => accounts[i % accountCount] ?? '';
    const transfers: TracedTransfer[] = [];
    const worker = async (first: number): Promise<void> => {
      for (let i = first; i < count; i += atOnce) {
        const sent = i % 2 === 0 ? callersTraceparent() : undefined;
        const headers = sent === undefined ? {} : { traceparent: sent };
        const answer = await client.transfer(
          accountAt(i),
          accountAt(i + 1 + (i % 7)),
          '1',
          headers,
        );
        expect(answer.status).toBe(201);
        transfers.push({ traceparent: answer.headers.traceparent ?? '', sent });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, (_, first) => worker(first)));
    const { handler } = await import('../../../functions/consumers/project-balances.ts');
    const tracing = tracingOf({ tracer });
    await feedConsumer(test, {
      ...{ tenant, consumer: 'project-balances', handler, batchSize: 100 },
      ...{ records: accountCount + 2 * count, deliveries: 1, timeoutMs: 90_000 },
      relay: tracing === undefined ? {} : { tracing },
    });
    await tracer.flush();
    return transfers;
  } finally {
    useTracer(noTracer);
  }
};

const faultsIn = (transfers: readonly TracedTransfer[]): string[] =>
  transfers.flatMap((transfer) => traceFaults(collector.store, transfer));

describe('a thousand transfers', () => {
  it('are a thousand connected traces, from HTTP to projection', async () => {
    const transfers = await madeTransfers(1_000, (tracing) => tracing);

    expect(new Set(transfers.map(({ traceparent }) => traceparent.slice(3, 35))).size).toBe(1_000);
    expect(faultsIn(transfers)).toEqual([]);
  });

  it('are found disconnected where the relay makes no spans', async () => {
    const transfers = await madeTransfers(5, () => undefined);

    expect(faultsIn(transfers)).toContainEqual(expect.stringContaining('0 outbox rows'));
  });

  it('are found disconnected where the relay drops the trace context', async () => {
    const forgetful = ({ tracer }: RelayTracing): RelayTracing => ({
      tracer: {
        ...tracer,
        // The span is made, and another trace is handed on.
        start: (options) =>
          options.kind === 'producer'
            ? Object.assign(tracer.start(options), { traceparent: callersTraceparent() })
            : tracer.start(options),
      },
    });
    const faults = faultsIn(await madeTransfers(5, forgetful));

    expect(faults.filter((fault) => fault.includes('0 accounts were projected'))).toHaveLength(5);
  });
});
