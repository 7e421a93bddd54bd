import type { AnswerLog } from './answer-log.ts';
import { checkHistory, type History } from './check-history.ts';
import type { Load } from './transfer-load.ts';

/** Everything that is known of a group after a run. */
export interface GroupRecord {
  readonly load: Load;
  readonly answers: AnswerLog;
  readonly history: History;
}

/** What no fault may break, by name. */
export const invariants = {
  'no acknowledged write is lost': /^(lost|unpublished|unprojected|gap):/,
  'nothing has its effect twice': /^(twice|invented|conservation|diverged):/,
  'no tenant reads what is another’s': /^leaked:/,
  'every error is a documented problem': /^(undocumented|unexpected):/,
  'every request comes to an end': /^abandoned:/,
} as const;

export type Invariant = keyof typeof invariants;

const told = (kind: string, all: readonly string[]): readonly string[] =>
  all.map((one) => `${kind}: ${one}`);

/** Every way in which a group's run broke an invariant; empty when it kept them all. */
export const breaches = ({ load, answers, history }: GroupRecord): readonly string[] => [
  ...checkHistory(history),
  ...told('leaked', answers.leaked),
  ...told('undocumented', answers.undocumented),
  ...told('unexpected', load.unexpected),
  ...told('abandoned', load.abandoned),
];

export const invariantOf = (breach: string): Invariant | undefined =>
  (Object.keys(invariants) as Invariant[]).find((name) => invariants[name].test(breach));
