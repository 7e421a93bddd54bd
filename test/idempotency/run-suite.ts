import { randomBytes, randomUUID } from 'node:crypto';
import type {
  CaseContext,
  Clock,
  ConformanceCase,
  Faults,
  Harness,
  Need,
  Subject,
} from './conformance-case.ts';
import { call } from './http-call.ts';

export type Outcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly why: string }
  /** The harness does not have in its hands what the case needs. */
  | { readonly kind: 'not-applicable'; readonly lacks: readonly Need[] };

export interface Result {
  readonly of: ConformanceCase;
  readonly subject: Subject;
  readonly outcome: Outcome;
}

const partsOf = ({ otherToken, faults, clock }: Harness): Record<Need, unknown> => ({
  'other-tenant': otherToken,
  faults,
  clock,
});

export const lacking = (harness: Harness, { needs }: ConformanceCase): readonly Need[] =>
  needs.filter((need) => partsOf(harness)[need] === undefined);

const contextOf = (harness: Harness, subject: Subject): CaseContext => ({
  harness,
  subject,
  key: randomUUID(),
  mark: `M${randomBytes(8).toString('hex')}`,
  send: (request) => call(harness, { path: subject.path, ...request }),
  // Not asked for by a case that does not say that it needs it.
  faults: harness.faults as Faults,
  clock: harness.clock as Clock,
  otherToken: harness.otherToken as string,
});

export const isAbout = (one: ConformanceCase, subject: Subject): boolean =>
  one.about?.(subject) ?? true;

/** Runs one case for one subject. What the harness cannot do is said, and counts as no pass. */
export const runCase = async (
  harness: Harness,
  one: ConformanceCase,
  subject: Subject,
): Promise<Outcome> => {
  const lacks = lacking(harness, one);
  if (lacks.length > 0) return { kind: 'not-applicable', lacks };
  try {
    await one.run(contextOf(harness, subject));
    return { kind: 'passed' };
  } catch (error) {
    return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
  } finally {
    if (one.needs.includes('faults')) await harness.faults?.reset();
  }
};

/** All cases for all subjects that they are about, one after the other. */
export const runSuite = async (
  harness: Harness,
  cases: readonly ConformanceCase[],
  subjects: readonly Subject[],
  onResult: (result: Result) => void = () => {},
): Promise<readonly Result[]> => {
  const results: Result[] = [];
  for (const one of cases) {
    for (const subject of subjects.filter((each) => isAbout(one, each))) {
      const result = { of: one, subject, outcome: await runCase(harness, one, subject) };
      results.push(result);
      onResult(result);
    }
  }
  return results;
};
