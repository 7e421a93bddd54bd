import {
  type AccountChange,
  homePartition,
  type Ledger,
  makeId,
  type Outcome,
} from '@atlas/domain';
import { call, openAccount, request, transferOf } from '../support/ledger.ts';

/** One thing that every implementation of the port does. It gets a tenant of its own. */
export interface LedgerCheck {
  readonly name: string;
  readonly run: (ledger: Ledger, tenant: string) => Promise<void>;
}

export type Wanted = readonly [debit: string, credit: string, amountMinor: bigint];

export const codeOf = (outcome: Outcome<unknown>): string =>
  outcome.kind === 'refused' ? outcome.refusal.code : 'accepted';

/** The refusal, or the word "accepted" where there should have been one. */
export const refusalOf = (outcome: Outcome<unknown>): unknown =>
  outcome.kind === 'refused' ? outcome.refusal : 'accepted';

export const post = (ledger: Ledger, tenant: string, ...postings: readonly Wanted[]) =>
  ledger.postTransfer(request(tenant), transferOf(...postings), call());

export const change = (ledger: Ledger, tenant: string, account: string, what: AccountChange) =>
  ledger.changeAccount(request(tenant), account, what, call());

export const balance = async (ledger: Ledger, tenant: string, account: string) =>
  (await ledger.readBalance(tenant, account, call()))?.balanceMinor;

/** An account without limits, which faces the outside world, and one that cannot be overdrawn. */
export const start = async (ledger: Ledger, tenant: string) => {
  await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
  const world = await openAccount(ledger, tenant);
  const alice = await openAccount(ledger, tenant, { minBalance: 0n });
  return { world, alice };
};

export interface HoldWishes {
  readonly expiresAt?: Date;
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export const place = (
  ledger: Ledger,
  tenant: string,
  [debitAccountId, creditAccountId, amountMinor]: Wanted,
  { expiresAt, reference, metadata = {} }: HoldWishes = {},
) =>
  ledger.placeHold(
    request(tenant),
    {
      debitAccountId,
      creditAccountId,
      amountMinor,
      expiresAt: expiresAt ?? null,
      reference: reference ?? null,
      metadata,
    },
    call(),
  );

export const capture = (
  ledger: Ledger,
  tenant: string,
  holdId: string,
  amountMinor: bigint | null = null,
  final = true,
) => ledger.captureHold(request(tenant), holdId, { amountMinor, final }, call());

export const voidIt = (ledger: Ledger, tenant: string, holdId: string) =>
  ledger.voidHold(request(tenant), holdId, call());

/** An id that nobody has, `partitions` away from the tenant's home; 128 is on the other shard. */
export const unknownId = (tenant: string, partitions = 0): string =>
  makeId(1, (homePartition(tenant) + partitions) % 256, new Uint8Array(9));

/** Opens accounts under one key after another, until one is on the other of two shards. */
export const openAway = async (ledger: Ledger, tenant: string): Promise<string> => {
  const shardOf = (partition: number) => Math.floor(partition / 128);
  for (let i = 0; i < 64; i += 1) {
    const id = await openAccount(ledger, tenant, { partitionKey: `key-${i}` });
    const partition = Number.parseInt(id.slice(15, 17), 16);
    if (shardOf(partition) !== shardOf(homePartition(tenant))) return id;
  }
  throw new Error('64 keys hash to one shard');
};

/** Opens accounts until one is on the same of two shards as `account`. */
export const openBeside = async (
  ledger: Ledger,
  tenant: string,
  account: string,
): Promise<string> => {
  const half = (id: string) => Number.parseInt(id.slice(15, 16), 16) >= 8;
  for (let i = 0; i < 64; i += 1) {
    const id = await openAccount(ledger, tenant, { partitionKey: `beside-${i}` });
    if (half(id) === half(account)) return id;
  }
  throw new Error('64 keys hash to one shard');
};
