import { randomUUID } from 'node:crypto';
import { inScope, isVerbose, log } from '@atlas/runtime';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { capturedOutput } from '../../support/captured-output.ts';

const output = capturedOutput();
beforeAll(() => {
  vi.stubEnv('ATLAS_DEBUG_SHARE', '0.25');
});
afterAll(() => {
  vi.unstubAllEnvs();
});

const traceparent = () => {
  const digits = randomUUID().replaceAll('-', '');
  return `00-${digits}-${digits.slice(16)}-00`;
};

describe('debug lines', () => {
  it('are written for the share of traces that was asked for, as the trace id says', () => {
    const traces = Array.from({ length: 2_000 }, traceparent);
    const verbose = traces.filter(isVerbose);
    // Seven standard deviations to either side.
    expect(verbose.length).toBeGreaterThan(360);
    expect(verbose.length).toBeLessThan(640);
    for (const one of traces) {
      inScope({ requestId: 'q', traceparent: one }, () =>
        log.debug('a call ended', { attempts: 1 }),
      );
    }
    const told = output.lines().map(({ traceId }) => traceId);
    expect(told).toEqual(verbose.map((one) => one.slice(3, 35)));
    expect(output.lines()[0]).toMatchObject({ level: 'DEBUG', attempts: 1 });
  });

  it('agree in every function that sees the trace, whatever its span', () => {
    for (const one of Array.from({ length: 200 }, traceparent)) {
      const elsewhere = `${one.slice(0, 36)}${traceparent().slice(36)}`;
      expect(isVerbose(elsewhere)).toBe(isVerbose(one));
    }
  });

  it('leave the level of other lines as it was, and are written nowhere outside a scope', () => {
    log.debug('a call ended');
    expect(output.lines()).toEqual([]);
    const verbose = Array.from({ length: 100 }, traceparent).find(isVerbose) ?? '';
    inScope({ requestId: 'q', traceparent: verbose }, () => log.debug('a call ended'));
    log.info('the run ended');
    expect(output.lines().map(({ level }) => level)).toEqual(['DEBUG', 'INFO']);
  });
});
