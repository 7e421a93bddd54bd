import { createHash, randomUUID } from 'node:crypto';
import {
  type CallContext,
  deadlineIn,
  type Ledger,
  type Outcome,
  type RequestIdentity,
} from '@atlas/domain';

/** A call that has ten seconds. */
export const call = (): CallContext => ({ deadline: deadlineIn(Date.now(), 10_000) });

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** A request under a key of its own, or under the key and of the content that are given. */
export const request = (
  tenant: string,
  key: string = randomUUID(),
  content = '',
): RequestIdentity => ({
  tenant,
  keyHash: hash(`${tenant} ${key}`),
  requestHash: hash(content),
});

export const acceptedValue = <T>(outcome: Outcome<T>): T => {
  if (outcome.kind === 'refused') throw new Error(`refused: ${outcome.refusal.code}`);
  return outcome.value;
};

export interface AccountWishes {
  readonly asset?: string;
  readonly minBalance?: bigint | null;
  readonly maxBalance?: bigint | null;
  readonly partitionKey?: string;
}

/** Opens an account, by default one that faces the outside world: without limits. */
export const openAccount = async (
  ledger: Ledger,
  tenant: string,
  wishes: AccountWishes = {},
): Promise<string> => {
  const outcome = await ledger.openAccount(
    request(tenant),
    {
      asset: wishes.asset ?? 'EUR',
      name: null,
      minBalance: wishes.minBalance === undefined ? null : wishes.minBalance,
      maxBalance: wishes.maxBalance ?? null,
      metadata: {},
      partitionKey: wishes.partitionKey ?? null,
    },
    call(),
  );
  return acceptedValue(outcome).accountId;
};

/** One posting, or several given as [debit, credit, amount]. */
export const transferOf = (...postings: readonly (readonly [string, string, bigint])[]) => ({
  postings: postings.map(([debitAccountId, creditAccountId, amountMinor]) => ({
    debitAccountId,
    creditAccountId,
    amountMinor,
  })),
  reference: null,
  metadata: {},
  effectiveAt: null,
});
