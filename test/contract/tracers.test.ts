import { randomUUID } from 'node:crypto';
import {
  Fault,
  parseTraceparent,
  type Span,
  type SpanAttributes,
  type Tracer,
} from '@atlas/domain';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { pollUntil } from '../support/poll.ts';
import {
  openTelemetryDriver,
  type SeenSpan,
  type TracerDriver,
  xrayDriver,
} from './tracer-driver.ts';

const digits = () => randomUUID().replaceAll('-', '');
const remote = (flags: '00' | '01') => {
  const spanId = digits().slice(16);
  return { traceparent: `00-${digits()}-${spanId}-${flags}`, spanId };
};
const idsOf = (span: Span) => {
  const parsed = parseTraceparent(span.traceparent);
  if (parsed === undefined) throw new Error(`${span.traceparent} is no traceparent`);
  return parsed;
};

describe.each([
  ['OpenTelemetry', openTelemetryDriver],
  ['X-Ray', xrayDriver],
])('traces by %s', (_, start) => {
  let driver: TracerDriver;
  let tracer: Tracer;
  beforeAll(async () => {
    // Powertools traces nowhere else.
    vi.stubEnv('AWS_EXECUTION_ENV', 'AWS_Lambda_nodejs24.x');
    driver = await start();
    tracer = driver.tracerWith(1);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await driver.close();
  });

  const arrived = async (span: Span, count = 1): Promise<readonly SeenSpan[]> => {
    await tracer.flush();
    const { traceId } = idsOf(span);
    return pollUntil(
      async () => driver.seen(traceId),
      (spans) => spans.length >= count,
    );
  };

  it('begin where no span is above', async () => {
    const [one, other] = ['first', 'second'].map((name) => tracer.start({ name, kind: 'server' }));
    if (one === undefined || other === undefined) throw new Error('no spans');
    one.end();
    other.end();

    const [seen] = await arrived(one);
    expect(seen).toMatchObject({ ...pick(idsOf(one)), name: 'first', failed: false, links: [] });
    expect(seen?.parentSpanId).toBeUndefined();
    expect(idsOf(one).traceId).not.toBe(idsOf(other).traceId);
  });

  it.each([
    '',
    'nonsense',
    `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`,
    `ff-${'1'.repeat(32)}-${'1'.repeat(16)}-01`,
    `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01; DROP TABLE`,
  ])('begin anew where what is above is no traceparent: %j', async (parent) => {
    const span = tracer.start({ name: 'root', kind: 'server', parent });
    span.end();

    const [seen] = await arrived(span);
    expect(seen?.parentSpanId).toBeUndefined();
  });

  it('go on below a span of another process', async () => {
    const { traceparent, spanId } = remote('01');
    const span = tracer.start({ name: 'below', kind: 'consumer', parent: traceparent });
    span.end();

    const [seen] = await arrived(span);
    expect(idsOf(span).traceId).toBe(traceparent.slice(3, 35));
    expect(seen).toMatchObject({ ...pick(idsOf(span)), parentSpanId: spanId });
  });

  it('go on below spans of this process, at any depth and whoever ends first', async () => {
    const top = tracer.start({ name: 'top', kind: 'server' });
    const middle = tracer.start({ name: 'middle', kind: 'internal', parent: top });
    const bottom = tracer.start({ name: 'bottom', kind: 'client', parent: middle });
    top.end();
    bottom.end();
    middle.end();

    const seen = await arrived(top, 3);
    const parentOf = (span: Span) =>
      seen.find(({ spanId }) => spanId === idsOf(span).spanId)?.parentSpanId;
    expect(seen.map(({ name }) => name).toSorted()).toEqual(['bottom', 'middle', 'top']);
    expect([parentOf(top), parentOf(middle), parentOf(bottom)]).toEqual([
      undefined,
      idsOf(top).spanId,
      idsOf(middle).spanId,
    ]);
  });

  it('are linked to spans of other traces, and to nothing that is none', async () => {
    const others = [remote('01'), remote('00')].map(({ traceparent }) => traceparent);
    const span = tracer.start({ name: 'batch', kind: 'internal', links: [...others, 'nonsense'] });
    span.end();

    const [seen] = await arrived(span);
    expect(seen?.links).toEqual(others.map((other) => pick(parseTraceparent(other))));
  });

  it('say what a span may say, and nothing else', async () => {
    const secret = `hunter-${digits()}`;
    const attributes = { 'http.route': '/v1/transfers', 'atlas.attempts': 2, password: secret };
    const span = tracer.start({
      name: 'told',
      kind: 'server',
      attributes: attributes as SpanAttributes,
    });
    const later = { 'atlas.replayed': true, 'atlas.problem': undefined, [secret]: 1 };
    span.set(later as SpanAttributes);
    span.end();

    const [seen] = await arrived(span);
    expect(seen?.attributes).toEqual({
      http_route: '/v1/transfers',
      atlas_attempts: 2,
      atlas_replayed: true,
    });
    expect(driver.wire()).not.toContain(secret);
    expect(driver.wire()).toContain(idsOf(span).spanId);
  });

  it.each([
    [new Fault('unknown-outcome', 'the password is hunter2'), 'unknown-outcome'],
    [new TypeError('the password is hunter2'), 'TypeError'],
    [Object.assign(new Error('hunter2'), { name: 'the password is hunter2' }), 'Error'],
    [Object.assign(new Error('hunter2'), { code: '23505' }), '23505'],
    ['hunter2', 'unknown'],
  ])('fail with the kind of an error, and never its words: %s', async (error, kind) => {
    const span = tracer.start({ name: 'failing', kind: 'client' });
    span.end(error);

    const [seen] = await arrived(span);
    expect(seen).toMatchObject({ failed: true, errorType: kind });
    expect(driver.wire()).not.toContain('hunter2');
  });

  it('are kept or not as whoever began them decided', async () => {
    const none = driver.tracerWith(0);
    const kept = none.start({ name: 'kept', kind: 'server', parent: remote('01').traceparent });
    const dropped = tracer.start({
      name: 'dropped',
      kind: 'server',
      parent: remote('00').traceparent,
    });
    const below = tracer.start({ name: 'below', kind: 'client', parent: dropped });
    for (const span of [below, dropped, kept]) span.end();

    await none.flush();
    await arrived(kept);
    expect(idsOf(kept).isSampled).toBe(true);
    expect([idsOf(dropped), idsOf(below)].map(({ isSampled }) => isSampled)).toEqual([
      false,
      false,
    ]);
    expect(driver.seen(idsOf(dropped).traceId)).toEqual([]);
  });

  it('are kept in the share that was asked for', () => {
    const quarter = driver.tracerWith(0.25);
    const kept = Array.from({ length: 2_000 }, () =>
      quarter.start({ name: 'maybe', kind: 'server' }),
    ).filter((span) => idsOf(span).isSampled);
    // Seven standard deviations to either side.
    expect(kept.length).toBeGreaterThan(360);
    expect(kept.length).toBeLessThan(640);
    expect(idsOf(driver.tracerWith(0).start({ name: 'never', kind: 'server' })).isSampled).toBe(
      false,
    );
  });
});

const pick = (ids: { readonly traceId: string; readonly spanId: string } | undefined) => ({
  traceId: ids?.traceId,
  spanId: ids?.spanId,
});
