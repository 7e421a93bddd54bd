import { Fault, type ItemRefusal, type Outcome, type Refusal, refused } from '@atlas/domain';

/** The row that every writing function answers with (type ledger.written). */
export interface Written {
  readonly outcome:
    | 'done'
    | 'replayed'
    | 'refused'
    | 'refused-again'
    | 'in-flight'
    | 'reused'
    | 'bound';
  readonly detail: string | null;
  readonly transfer_id: string | null;
  readonly recorded_at: Date | null;
  /** Version, balance and what is available of each touched account, in the order of first mention. */
  readonly figures: readonly bigint[] | null;
  readonly assets: readonly string[] | null;
}

/** Refusals are stored as JSON, with the amounts as text; these members are amounts. */
const isAmount = (member: string): boolean => member.endsWith('Minor');

export const refusalFromJson = (text: string): Refusal =>
  JSON.parse(text, (member, value) => (isAmount(member) ? BigInt(value) : value)) as Refusal;

/** The same of a value that has been parsed already. */
export const refusalFromValue = (stored: Readonly<Record<string, unknown>>): ItemRefusal =>
  refusalFromJson(JSON.stringify(stored)) as ItemRefusal;

export const refusalToJson = (refusal: Refusal): string =>
  JSON.stringify(refusal, (_, value) => (typeof value === 'bigint' ? value.toString() : value));

/** The outcomes that end a request without a value; undefined where there is one. */
export const refusalOf = (
  written: Pick<Written, 'outcome' | 'detail'>,
): Outcome<never> | undefined => {
  switch (written.outcome) {
    case 'in-flight':
      return refused({ code: 'idempotency-key-in-flight' });
    case 'reused':
      return refused({ code: 'idempotency-key-reused' });
    case 'refused':
      return refused(refusalFromJson(written.detail ?? ''));
    case 'refused-again':
      return refused(refusalFromJson(written.detail ?? ''), true);
    case 'bound':
      // Bound elsewhere by an older map: whoever repeats the request finds the newer one.
      throw new Fault('stale-route', 'the key is bound to another shard');
    default:
      return undefined;
  }
};
