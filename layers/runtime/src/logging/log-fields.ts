import { isTraceparent } from '@atlas/domain';

type Told = string | number | boolean;
/** What is told of a value; undefined where it is not what the field is for. */
type Kind<Value extends Told> = (value: unknown) => Value | undefined;

const number: Kind<number> = (value) =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const flag: Kind<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);
const text =
  (pattern: RegExp): Kind<string> =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? value : undefined;

/** A word of ours: a code, the name of a function. */
const word = text(/^[a-z][a-z0-9]*(?:-[a-z0-9]+){0,9}$/);
/**
 * Something by which it can be found: a topic, a table, a key, an id. Numbers of cards and accounts, and tokens,
 * are none, in case somebody mistakes the one for the other.
 */
const name = text(
  /^(?!\d{12,19}$)(?![A-Z]{2}\d{2}[A-Z0-9]{11,30}$)(?!eyJ)[A-Za-z0-9][\w.:/-]{0,127}$/,
);
const traceparent: Kind<string> = (value) =>
  typeof value === 'string' && isTraceparent(value) ? value : undefined;
const path = text(/^\/[\w/.{}-]{0,255}$/);

/**
 * All that a log line may say beside its message, and what each field may hold. What is not here is not written,
 * whatever it is called: neither its value nor its name.
 */
const fields = {
  anchored: number,
  applied: number,
  attempts: number,
  blocks: number,
  dead: number,
  delivered: number,
  dependency: name,
  documents: number,
  durationMs: number,
  endpoint: word,
  expired: number,
  failed: number,
  failing: number,
  findings: number,
  forgotten: number,
  function: word,
  height: number,
  ignored: number,
  isFailed: flag,
  key: name,
  kind: word,
  lagMs: number,
  leaves: number,
  messageId: name,
  messages: number,
  method: text(/^[A-Z]{3,7}$/),
  offset: number,
  oldestAgeMs: number,
  oldestUnsealedMs: number,
  parked: number,
  partition: number,
  path,
  posted: number,
  problem: word,
  published: number,
  records: number,
  refused: number,
  relation: name,
  replayed: flag,
  requestId: name,
  resent: number,
  retried: number,
  rowId: name,
  settledBefore: number,
  status: number,
  tenant: name,
  topic: name,
  traceId: text(/^[0-9a-f]{32}$/),
  traceparent,
  waiting: number,
} as const;

export type LogFields = {
  readonly [Field in keyof typeof fields]?: ReturnType<(typeof fields)[Field]> | null | undefined;
};

const kindOf = (field: string): Kind<Told> | undefined =>
  Object.hasOwn(fields, field) ? fields[field as keyof typeof fields] : undefined;

/** What may be written of what was given, and in `redacted` how many fields may not. Never throws. */
export const toldFields = (given: LogFields | undefined): Record<string, Told> => {
  const told: Record<string, Told> = {};
  let redacted = 0;
  for (const field of keysOf(given)) {
    const value = read(given, field);
    if (value === undefined || value === null) continue;
    const allowed = kindOf(field)?.(value);
    if (allowed === undefined) redacted += 1;
    else told[field] = allowed;
  }
  if (redacted > 0) told.redacted = redacted;
  return told;
};

const keysOf = (given: unknown): readonly string[] => {
  try {
    return typeof given === 'object' && given !== null ? Object.keys(given) : [];
  } catch {
    // A proxy that refuses.
    return [];
  }
};

/** A getter that throws counts as something that may not be told. */
const read = (given: unknown, field: string): unknown => {
  try {
    return (given as Record<string, unknown>)[field];
  } catch {
    return unreadable;
  }
};
const unreadable = Symbol('unreadable');
