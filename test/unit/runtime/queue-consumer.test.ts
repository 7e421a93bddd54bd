import { type BackgroundRun, noTracer, queueConsumer, useTracer } from '@atlas/runtime';
import { openTelemetryTracer } from '@atlas/tracing/opentelemetry';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { startTraceCollector } from '../../../localstack/tracing/trace-collector.ts';
import { lambdaContext, sqsEvent } from '../../support/intake-messages.ts';

beforeAll(() => {
  Object.assign(process.env, {
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
  });
});

const message = z.object({ n: z.number() });
type Message = z.output<typeof message>;

/** The places of the messages that a consumer names as failed. */
const failuresOf = async (
  bodies: readonly string[],
  apply: (messages: readonly Message[], run: BackgroundRun) => Promise<Map<Message, unknown>>,
): Promise<readonly string[]> => {
  const handler = queueConsumer({
    name: 'planted',
    budgetMs: 1_000,
    message,
    apply: (messages, _context, run) => apply(messages, run),
  });
  const { batchItemFailures } = await handler(sqsEvent(bodies), lambdaContext('planted'));
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier.replace('message-', ''));
};

const bodies = [1, 2, 3].map((n) => JSON.stringify({ n }));

describe('a consumer of a queue', () => {
  it('names nothing when everything was handled', async () => {
    expect(await failuresOf(bodies, async () => new Map())).toEqual([]);
  });

  it('names what failed, and only that', async () => {
    const evenFail = async (messages: readonly Message[]) =>
      new Map(messages.filter(({ n }) => n % 2 === 0).map((one) => [one, new Error('even')]));
    expect(await failuresOf(bodies, evenFail)).toEqual(['1']);
  });

  it('names what it cannot read, and handles the rest', async () => {
    const seen: Message[] = [];
    const failed = await failuresOf(['{', ...bodies, '{"n":"1"}'], async (messages) => {
      seen.push(...messages);
      return new Map();
    });
    expect(failed).toEqual(['0', '4']);
    expect(seen.map(({ n }) => n)).toEqual([1, 2, 3]);
  });

  it('names all of them when it fails as a whole, and does not throw', async () => {
    const failed = await failuresOf(bodies, () => Promise.reject(new Error('planted')));
    expect(failed).toEqual(['0', '1', '2']);
  });

  it('is linked to the traces of what it handles, and hands on its own', async () => {
    const collector = await startTraceCollector({ port: 0, maxTraces: 10 });
    const { url: endpoint } = collector;
    const tracer = openTelemetryTracer({ service: 'atlas', stage: 'test', endpoint, share: 1 });
    useTracer(tracer);
    const traces = ['a', 'b'].map((digit) => digit.repeat(32));
    const { Records } = sqsEvent(bodies);
    const traced = Records.map((record, i) => {
      const stringValue = `00-${traces[i]}-${'c'.repeat(16)}-01`;
      const traceparent = { dataType: 'String', stringValue };
      return i < traces.length ? { ...record, messageAttributes: { traceparent } } : record;
    });
    let handedOn = '';
    const handler = queueConsumer({
      ...{ name: 'planted', budgetMs: 1_000, message },
      apply: async (_messages, { traceparent = '' }) => {
        handedOn = traceparent;
        return new Map();
      },
    });
    await handler({ Records: traced }, lambdaContext('planted'));
    await tracer.flush();
    useTracer(noTracer);

    const [run] = collector.store.treeOf(handedOn.slice(3, 35));
    expect(run).toMatchObject({ name: 'planted', children: [{ name: 'planted messages' }] });
    const [messages] = run?.children ?? [];
    expect(messages?.links.map(({ traceId }) => traceId)).toEqual(traces);
    expect(messages?.spanId).toBe(handedOn.slice(36, 52));
    await collector.close();
  });
});
