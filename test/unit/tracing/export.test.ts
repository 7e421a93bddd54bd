import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { noTracer, useTracer } from '@atlas/runtime';
import { openTelemetryTracer } from '@atlas/tracing/opentelemetry';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WatchedExporter } from '../../../layers/tracing/src/watched-exporter.ts';
import { startTraceCollector } from '../../../localstack/tracing/trace-collector.ts';
import { blackHole } from '../../support/black-hole.ts';
import { pollUntil } from '../../support/poll.ts';
import { ask, endpointThatAsks, failingTimes } from '../../support/traced-endpoint.ts';

beforeAll(() => {
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
});
afterEach(() => {
  useTracer(noTracer);
  vi.useRealTimers();
});

const tracerTo = (endpoint: string, exportTimeoutMs = 1_000) =>
  openTelemetryTracer({ service: 'atlas', stage: 'test', share: 1, endpoint, exportTimeoutMs });

describe('the export of spans', () => {
  it('is waited for by no request, where the collector says nothing', async () => {
    const hole = await blackHole();
    const tracer = tracerTo(`http://127.0.0.1:${hole.port}`, 5_000);
    useTracer(tracer);
    tracer.start({ name: 'before', kind: 'internal' }).end();
    let isExported = false;
    const exporting = tracer.flush().then(() => {
      isExported = true;
    });
    await pollUntil(
      async () => hole.connections(),
      (connections) => connections === 1,
    );

    const answer = await ask(endpointThatAsks(failingTimes(0)));
    expect(answer.statusCode).toBe(200);
    expect(isExported).toBe(false);
    await hole.close();
    await exporting;
  });

  it('harms nobody where there is no collector', async () => {
    const hole = await blackHole();
    await hole.close();
    useTracer(tracerTo(`http://127.0.0.1:${hole.port}`));
    const handler = endpointThatAsks(failingTimes(0));

    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(handler)));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    const { flushTraces } = await import('@atlas/runtime');
    await expect(flushTraces()).resolves.toBeUndefined();
  });

  it('happens by itself after a while, for processes that live long', async () => {
    const collector = await startTraceCollector({ port: 0, maxTraces: 10 });
    tracerTo(collector.url).start({ name: 'alone', kind: 'internal' }).end();

    const [seen] = await pollUntil(
      async () => collector.store.recent(1),
      (traces) => traces.length === 1,
    );
    expect(seen).toMatchObject({ name: 'alone', spans: 1 });
    await collector.close();
  });

  it('happens beside the next trace, where timers stood still as in a frozen function', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const collector = await startTraceCollector({ port: 0, maxTraces: 10 });
    const tracer = tracerTo(collector.url);
    tracer.start({ name: 'before', kind: 'internal' }).end();
    expect(collector.store.recent(1)).toEqual([]);
    await sleep(1_100);
    expect(collector.store.recent(1)).toEqual([]);

    tracer.start({ name: 'next', kind: 'server' });
    const [seen] = await pollUntil(
      async () => collector.store.recent(1),
      (traces) => traces.length === 1,
    );
    expect(seen).toMatchObject({ name: 'before' });
    await collector.close();
  });

  it('is complete once it is flushed, also what a timer had begun', async () => {
    type Done = Parameters<SpanExporter['export']>[1];
    const under: Done[] = [];
    const inner: SpanExporter = {
      export: (_spans, done) => under.push(done),
      shutdown: async () => {},
    };
    const exporter = new WatchedExporter(async () => inner);
    const told: unknown[] = [];
    exporter.export([], (result) => told.push(result.code));
    let isSettled = false;
    const settling = exporter.settled().then(() => {
      isSettled = true;
    });
    await pollUntil(
      async () => under.length,
      (count) => count === 1,
    );
    expect(isSettled).toBe(false);
    under[0]?.({ code: 0 });
    await settling;
    expect(told).toEqual([0]);
  });

  it('fails, and nothing else does, where the exporter cannot be loaded', async () => {
    const exporter = new WatchedExporter(() => Promise.reject(new Error('no such module')));
    const told: unknown[] = [];
    exporter.export([], (result) => told.push(result.code));
    await exporter.settled();
    expect(told).toEqual([1]);
  });
});

describe('a function that is told of its end', () => {
  it('exports what it has left', async () => {
    const collector = await startTraceCollector({ port: 0, maxTraces: 10 });
    const root = join(import.meta.dirname, '..', '..', '..');
    const program = `
      import ${JSON.stringify(join(root, 'functions', 'tracing', 'opentelemetry.ts'))};
      import { currentTracer } from '@atlas/runtime';
      currentTracer().start({ name: 'last', kind: 'internal' }).end();
      setInterval(() => {}, 1_000);
      console.log('ready');`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9',
        ATLAS_TRACES_ENDPOINT: collector.url,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    child.kill('SIGTERM');

    expect(await ended).toEqual([0, null]);
    expect(collector.store.recent(1)).toMatchObject([{ name: 'last' }]);
    await collector.close();
  });
});
