import { inScope, log } from '@atlas/runtime';
import { Logger } from '@aws-lambda-powertools/logger';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { capturedOutput } from '../../support/captured-output.ts';
import { type LogEvent, logEvent } from '../../support/planted-log-events.ts';
import { leaksIn } from '../../support/planted-secrets.ts';

const output = capturedOutput();
beforeAll(() => {
  vi.stubEnv('ATLAS_DEBUG_SHARE', '1');
});
afterAll(() => {
  vi.unstubAllEnvs();
});

const scope = { requestId: 'q-1', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` };

/** In turn by each of the ways to write a line. */
const ways: readonly ((event: ReturnType<LogEvent['make']>) => void)[] = [
  ({ fields }) => log.info('the run ended', fields),
  ({ fields, error }) => log.warn('the message of an intake was not sent', error, fields),
  ({ fields, error }) => log.error('request failed', error, fields),
  ({ fields }) => log.debug('a call ended', fields),
];

/** Of so many events, those of which something was written that must not be. */
const leaking = (count: number, write: (event: ReturnType<LogEvent['make']>) => void): number => {
  let leaks = 0;
  for (const event of fc.sample(logEvent, { numRuns: count, seed: 20_261_126 })) {
    output.forget();
    try {
      write(event.make());
    } catch {
      // A logger that throws has not leaked.
    }
    if (leaksIn(output.text(), event.secrets).length > 0) leaks += 1;
  }
  return leaks;
};

/** What is often done instead: names that sound secret are blotted out, wherever they are. */
const denied = /password|secret|token|authorization|card/i;
const withoutDenied = (fields: object): object =>
  Object.fromEntries(
    Object.keys(fields).map((key) => [
      key,
      denied.test(key) ? '***' : (fields as Record<string, unknown>)[key],
    ]),
  );

describe('ten thousand log events with secrets in them', () => {
  it('leak none of them, and are all written', () => {
    fc.assert(
      fc.property(logEvent, fc.nat({ max: ways.length - 1 }), (event, way) => {
        output.forget();
        inScope(scope, () => ways[way]?.(event.make()));
        expect(leaksIn(output.text(), event.secrets)).toEqual([]);
        expect(output.lines()).toHaveLength(1);
      }),
      { numRuns: 10_000 },
    );
  }, 300_000);

  it('would leak many without the allow-list', () => {
    const naive = new Logger({ serviceName: 'atlas' });
    const leaks = leaking(300, ({ fields, error }) =>
      naive.error('request failed', { ...fields, error }),
    );
    expect(leaks).toBeGreaterThan(100);
  });

  it('would leak many by a list of what is secret', () => {
    const naive = new Logger({ serviceName: 'atlas' });
    const leaks = leaking(300, ({ fields, error }) =>
      naive.error('request failed', { ...withoutDenied(fields), error }),
    );
    expect(leaks).toBeGreaterThan(100);
  });

  it('would leak some by telling what an error says', () => {
    const naive = new Logger({ serviceName: 'atlas' });
    const leaks = leaking(300, ({ error }) =>
      naive.error('request failed', { reason: error instanceof Error ? error.message : '' }),
    );
    expect(leaks).toBeGreaterThan(20);
  });
});
