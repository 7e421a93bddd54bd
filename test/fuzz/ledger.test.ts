import { randomInt, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepsUpTo } from '../contract/command-sequences.ts';
import { compareLedgers } from '../contract/compare-ledgers.ts';
import { observedPostgres } from '../contract/observed-postgres.ts';

const lanes = 4;
/** Sequences a lane, over one pair of databases; then come fresh ones. */
const batch = 250;
const longest = 60;

const settings = () => {
  const minutes = Number(process.env.ATLAS_FUZZ_MINUTES ?? '10');
  const wanted = process.env.ATLAS_FUZZ_SEED ?? '';
  const seed = wanted === '' ? randomInt(2 ** 31) : Number(wanted);
  if (!(minutes > 0)) throw new Error('MINUTES is how long it goes on: a number above 0');
  if (!Number.isInteger(seed)) throw new Error('SEED is an integer, as a failure prints it');
  return { minutes, seed };
};

const rounded = (minutes: number): string => minutes.toFixed(1);

describe('Postgres and the reference model', () => {
  it('do the same for as long as they are asked', async () => {
    expect.hasAssertions();
    const { minutes, seed: first } = settings();
    const startedMs = performance.now();
    const elapsed = () => (performance.now() - startedMs) / 60_000;
    let sequences = 0;
    for (let seed = first; elapsed() < minutes; seed += lanes) {
      const postgres = await observedPostgres(lanes);
      try {
        const same = fc.asyncProperty(stepsUpTo(longest), async (sequence) => {
          await compareLedgers(postgres, `t-${randomUUID()}`, sequence);
        });
        const lane = (n: number) =>
          fc.assert(same, {
            seed: seed + n,
            numRuns: batch,
            interruptAfterTimeLimit: Math.max(1, (minutes - elapsed()) * 60_000),
            verbose: 1,
          });
        await Promise.all(Array.from({ length: lanes }, (_, n) => lane(n)));
      } finally {
        await postgres.close();
      }
      sequences += lanes * batch;
      const done = Math.min(elapsed(), minutes);
      console.log(
        `${rounded(done)} of ${rounded(minutes)} minutes, up to ${sequences} sequences, from seed ${first}`,
      );
    }
  });
});
