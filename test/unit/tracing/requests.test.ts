import { Fault, parseTraceparent } from '@atlas/domain';
import { currentScope, inScope, inSpan, noTracer, useTracer } from '@atlas/runtime';
import { openTelemetryTracer } from '@atlas/tracing/opentelemetry';
import type { APIGatewayProxyResult } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  startTraceCollector,
  type TraceCollector,
} from '../../../localstack/tracing/trace-collector.ts';
import { ask, endpointThatAsks, failingTimes } from '../../support/traced-endpoint.ts';

const sent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const traceIdOf = (answer: APIGatewayProxyResult): string =>
  parseTraceparent(String(answer.headers?.traceparent))?.traceId ?? '';

beforeAll(() => {
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
});
afterAll(() => {
  vi.unstubAllEnvs();
});

describe('a request that nobody traces', () => {
  it('hands on the trace context of its caller as it came', async () => {
    const answer = await ask(endpointThatAsks(failingTimes(0)), { Traceparent: sent });
    expect(answer).toMatchObject({ statusCode: 200, headers: { traceparent: sent } });
  });

  it.each([undefined, '', 'nonsense', sent.toUpperCase()])(
    'has one of its own for %s',
    async (header) => {
      const handler = endpointThatAsks(failingTimes(0));
      const headers = header === undefined ? {} : { traceparent: header };
      const answers = [await ask(handler, headers), await ask(handler, headers)];
      const traces = answers.map(({ headers: told }) =>
        parseTraceparent(String(told?.traceparent)),
      );
      expect(traces.map((trace) => trace?.isSampled)).toEqual([false, false]);
      expect(new Set(traces.map((trace) => trace?.traceId)).size).toBe(2);
    },
  );
});

describe('a request that is traced', () => {
  let collector: TraceCollector;
  let tracer: ReturnType<typeof openTelemetryTracer>;
  beforeEach(async () => {
    collector = await startTraceCollector({ port: 0, maxTraces: 10 });
    const { url: endpoint } = collector;
    tracer = openTelemetryTracer({ service: 'atlas', stage: 'test', endpoint, share: 1 });
    useTracer(tracer);
  });
  afterEach(async () => {
    useTracer(noTracer);
    await collector.close();
  });

  it('has a span, and below it one for each call, whatever attempts it took', async () => {
    const answer = await ask(endpointThatAsks(failingTimes(1)), { traceparent: sent });
    await tracer.flush();

    const [root, ...others] = collector.store.treeOf(traceIdOf(answer));
    expect(others).toEqual([]);
    expect(root).toMatchObject({
      ...{ name: 'GET /v1/things/{thingId}', kind: 'server', failed: false },
      ...{ traceId: sent.slice(3, 35), parentSpanId: sent.slice(36, 52) },
      attributes: {
        'http.response.status_code': 200,
        'http.route': '/v1/things/{thingId}',
        'atlas.request_id': 'q-1',
      },
      children: [
        { name: 'thing', kind: 'client', failed: false, attributes: { 'atlas.attempts': 2 } },
      ],
    });
    expect(answer.headers?.traceparent).toContain(root?.spanId);
  });

  it('fails with what it asked', async () => {
    const answer = await ask(endpointThatAsks(failingTimes(100)));
    await tracer.flush();

    expect(answer.statusCode).toBe(503);
    expect(collector.store.treeOf(traceIdOf(answer))).toMatchObject([
      {
        failed: true,
        attributes: {
          'http.response.status_code': 503,
          'atlas.problem': 'dependency-unavailable',
          'error.type': 'dependency-unavailable',
        },
        children: [{ failed: true, attributes: { 'error.type': 'dependency-unavailable' } }],
      },
    ]);
  });

  it('makes no failure of an answer that is only unwelcome', async () => {
    const refused = async () => {
      throw new RangeError('a condition does not hold');
    };
    const answer = await ask(endpointThatAsks(refused));
    await tracer.flush();

    const [root] = collector.store.treeOf(traceIdOf(answer));
    expect(root?.children).toMatchObject([{ name: 'thing', failed: false }]);
    expect(root).toMatchObject({ failed: true, attributes: { 'error.type': 'RangeError' } });
  });

  it('keeps its scope from those that run beside it', async () => {
    const handlers = Array.from({ length: 20 }, (_, i) =>
      endpointThatAsks(async () => {
        await new Promise((resolve) => setTimeout(resolve, i % 3));
      }),
    );
    const answers = await Promise.all(handlers.map((handler) => ask(handler)));
    await tracer.flush();

    const trees = answers.map((answer) => collector.store.treeOf(traceIdOf(answer)));
    // Ten are kept here.
    const kept = trees.filter((tree) => tree.length > 0);
    expect(kept).toHaveLength(10);
    for (const tree of kept) expect(tree).toMatchObject([{ children: [{ name: 'thing' }] }]);
  });
});

describe('work within a span', () => {
  it('is in the scope of whoever began it, in a span of its own', async () => {
    const outer = { requestId: 'q-1', traceparent: sent };
    const inner = await inScope(outer, () =>
      inSpan({ name: 'inner', kind: 'consumer', parent: sent }, async () => currentScope()),
    );
    expect(inner).toMatchObject({ requestId: 'q-1', traceparent: sent });
    expect(currentScope()).toBeUndefined();
  });

  it('throws what the work throws', async () => {
    const work = inSpan({ name: 'failing', kind: 'internal' }, async () => {
      throw new Fault('overloaded', 'no place');
    });
    await expect(work).rejects.toMatchObject({ code: 'overloaded' });
  });
});
