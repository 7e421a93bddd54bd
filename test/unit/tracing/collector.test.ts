import { openTelemetryTracer } from '@atlas/tracing/opentelemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CollectedSpan } from '../../../localstack/tracing/collected-span.ts';
import { printTrace } from '../../../localstack/tracing/print-trace.ts';
import {
  startTraceCollector,
  type TraceCollector,
} from '../../../localstack/tracing/trace-collector.ts';
import type { TraceNode } from '../../../localstack/tracing/trace-store.ts';

let collector: TraceCollector;
beforeAll(async () => {
  collector = await startTraceCollector({ port: 0, maxTraces: 3 });
});
afterAll(() => collector.close());

const node = (name: string, startedAtUnixMs: number, more: Partial<TraceNode> = {}): TraceNode => ({
  ...{ traceId: 'a'.repeat(32), spanId: name, name, kind: 'internal', service: 'atlas' },
  ...{ startedAtUnixMs, durationMs: 1, failed: false, attributes: {}, links: [], children: [] },
  ...more,
});

const read = async (path: string) => {
  const answer = await fetch(`${collector.url}${path}`);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

describe('the local collector', () => {
  it('answers with the tree of a trace, and with the newest traces', async () => {
    const { url: endpoint } = collector;
    const tracer = openTelemetryTracer({ service: 'atlas', stage: 'test', endpoint, share: 1 });
    const top = tracer.start({ name: 'top', kind: 'server' });
    tracer.start({ name: 'below', kind: 'client', parent: top }).end(new Error('down'));
    top.end();
    await tracer.flush();

    const traceId = top.traceparent.slice(3, 35);
    const { status, body } = await read(`/traces/${traceId}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      traceId,
      roots: [{ name: 'top', service: 'atlas', children: [{ name: 'below', failed: true }] }],
    });
    expect((await read('/traces')).body).toMatchObject({
      traces: [{ traceId, name: 'top', spans: 2, failed: true }],
    });
  });

  it('forgets the trace that nothing was added to for longest', () => {
    const span = (traceId: string, spanId: string): CollectedSpan => ({
      ...node('x', 0),
      ...{ traceId, spanId },
    });
    const { store } = collector;
    store.add(['a', 'b', 'c'].map((traceId) => span(traceId, '1')));
    store.add([span('a', '2'), span('d', '1')]);
    expect(store.recent(10).map(({ traceId }) => traceId)).toEqual(['d', 'a', 'c']);
    expect(store.spansOf('a')).toHaveLength(2);
  });

  it.each(['{', '{"resourceSpans":[{}]}'])('refuses what is no export: %s', async (body) => {
    const answer = await fetch(`${collector.url}/v1/traces`, { method: 'POST', body });
    expect(answer.status).toBe(400);
  });

  it.each(['/traces/abc', `/traces/${'0'.repeat(32)}`, '/'])('has nothing at %s', async (path) => {
    expect((await read(path)).status).toBe(404);
  });
});

describe('a printed trace', () => {
  it('has a line for each span, below the one that caused it', () => {
    const roots = [
      node('top', 1_000, {
        durationMs: 12.34,
        children: [
          node('first', 1_001, { failed: true, attributes: { 'error.type': 'overloaded' } }),
          node('second', 1_002.5, {
            links: [{ traceId: 'b'.repeat(32), spanId: '1' }],
            children: [node('third', 1_003, { attributes: { 'atlas.attempts': 1 } })],
          }),
        ],
      }),
    ];
    expect(printTrace(roots).split('\n')).toEqual([
      'top          internal       0.0     +12.3 ms',
      '├─ first     internal       1.0      +1.0 ms  failed type=overloaded',
      `└─ second    internal       2.5      +1.0 ms  → ${'b'.repeat(32)}`,
      '   └─ third  internal       3.0      +1.0 ms',
    ]);
  });
});
