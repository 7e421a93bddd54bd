import { casesOfConcurrency } from './cases-of-concurrency.ts';
import { casesOfConflicts } from './cases-of-conflicts.ts';
import { casesOfExpiry } from './cases-of-expiry.ts';
import { casesOfFaults } from './cases-of-faults.ts';
import { casesOfKeys } from './cases-of-keys.ts';
import { casesOfReplays } from './cases-of-replays.ts';
import type { ConformanceCase } from './conformance-case.ts';

/** Everything that is demanded of an Idempotency-Key. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...casesOfKeys,
  ...casesOfReplays,
  ...casesOfConflicts,
  ...casesOfConcurrency,
  ...casesOfFaults,
  ...casesOfExpiry,
];
