import {
  type Account,
  type AccountChange,
  type AccountFilter,
  type AccountStatus,
  accepted,
  type CallContext,
  hashedPartition,
  homePartition,
  type OpenAccount,
  type Outcome,
  type Page,
  type PageRequest,
  type PatchMetadata,
  partitionOfId,
  type RequestIdentity,
} from '@atlas/domain';
import { filterJson } from './filter-json.ts';
import { mergePages } from './merge-pages.ts';
import { newId } from './new-id.ts';
import type { Router } from './router.ts';
import type { Shard } from './shard.ts';
import { statements } from './statements.ts';
import { type Write, writeRequest } from './write-request.ts';

/** An account with the time of its last change (type ledger.account_view). */
export interface AccountRow extends Record<string, unknown> {
  readonly account_id: string;
  readonly asset: string;
  readonly name: string | null;
  readonly status: string;
  readonly min_balance: bigint | null;
  readonly max_balance: bigint | null;
  readonly posted_debits: bigint;
  readonly posted_credits: bigint;
  readonly pending_debits: bigint;
  readonly pending_credits: bigint;
  readonly version: bigint;
  readonly metadata: Record<string, string>;
  readonly metadata_version: number;
  readonly opened_at: Date;
  readonly recorded_at: Date;
}

const statusOf: Readonly<Record<string, AccountStatus>> = { o: 'open', f: 'frozen', c: 'closed' };

const statusFrom = (code: string): AccountStatus => {
  const status = statusOf[code];
  if (status === undefined) throw new Error(`no account status "${code}"`);
  return status;
};

const accountOf = (row: AccountRow): Account => ({
  accountId: row.account_id,
  asset: row.asset,
  name: row.name,
  minBalance: row.min_balance,
  maxBalance: row.max_balance,
  status: statusFrom(row.status),
  version: row.version,
  postedDebits: row.posted_debits,
  postedCredits: row.posted_credits,
  pendingDebits: row.pending_debits,
  pendingCredits: row.pending_credits,
  metadata: row.metadata,
  metadataVersion: row.metadata_version,
  openedAt: row.opened_at,
});

/** An account as it was stored under a key (ledger.account_json). */
const accountFromAnswer = (text: string): Account => {
  const stored = JSON.parse(text);
  const amount = (value: string | null) => (value === null ? null : BigInt(value));
  return {
    accountId: stored.accountId,
    asset: stored.asset,
    name: stored.name,
    minBalance: amount(stored.minBalance),
    maxBalance: amount(stored.maxBalance),
    status: statusFrom(stored.status),
    version: BigInt(stored.version),
    postedDebits: BigInt(stored.postedDebits),
    postedCredits: BigInt(stored.postedCredits),
    pendingDebits: BigInt(stored.pendingDebits),
    pendingCredits: BigInt(stored.pendingCredits),
    metadata: stored.metadata,
    metadataVersion: stored.metadataVersion,
    openedAt: new Date(stored.openedAt),
  };
};

/** Runs a write on an account, and reads the account from its answer. */
const writeAccount = async (
  router: Router,
  who: RequestIdentity,
  write: Write,
  context: CallContext,
): Promise<Outcome<Account>> => {
  const outcome = await writeRequest(router, who, write, context);
  if (outcome.kind === 'refused') return outcome;
  return accepted(accountFromAnswer(outcome.value.detail ?? ''), outcome.replayed);
};

export const openAccount = (
  router: Router,
  who: RequestIdentity,
  command: OpenAccount,
  context: CallContext,
): Promise<Outcome<Account>> => {
  const born =
    command.partitionKey === null
      ? homePartition(who.tenant)
      : hashedPartition(who.tenant, command.partitionKey);
  const values = [
    newId(born),
    born,
    command.asset,
    command.name,
    command.minBalance,
    command.maxBalance,
    command.metadata,
  ];
  const write = { statement: statements.openAccount, values, partitions: [born] as const };
  return writeAccount(router, who, write, context);
};

export const changeAccount = (
  router: Router,
  who: RequestIdentity,
  accountId: string,
  change: AccountChange,
  context: CallContext,
): Promise<Outcome<Account>> => {
  const partitions = [partitionOfId(accountId)] as const;
  const write = { statement: statements.changeAccount, values: [accountId, change], partitions };
  return writeAccount(router, who, write, context);
};

export const patchMetadata = (
  router: Router,
  who: RequestIdentity,
  accountId: string,
  { changes, expectedVersions }: PatchMetadata,
  context: CallContext,
): Promise<Outcome<Account>> => {
  const partitions = [partitionOfId(accountId)] as const;
  const values = [accountId, changes, expectedVersions];
  return writeAccount(
    router,
    who,
    { statement: statements.patchMetadata, values, partitions },
    context,
  );
};

const fetchAccounts = (
  shard: Shard,
  values: readonly unknown[],
  context: CallContext,
): Promise<AccountRow[]> =>
  shard.run<AccountRow>(statements.readAccounts, values, {
    deadline: context.deadline,
    effect: 'read',
  });

/** The row of one account, from the leader of its shard. */
export const fetchAccount = async (
  router: Router,
  tenant: string,
  accountId: string,
  context: CallContext,
): Promise<AccountRow | undefined> => {
  const values = [tenant, accountId, null, 1, '{}'];
  const [row] = await fetchAccounts(router.shardOfId(accountId), values, context);
  return row;
};

export const readAccount = async (
  router: Router,
  tenant: string,
  accountId: string,
  context: CallContext,
): Promise<Account | undefined> => {
  const row = await fetchAccount(router, tenant, accountId, context);
  return row === undefined ? undefined : accountOf(row);
};

export const listAccounts = (
  router: Router,
  tenant: string,
  filter: AccountFilter,
  page: PageRequest,
  context: CallContext,
): Promise<Page<Account>> =>
  mergePages(
    router.shards,
    page.limit,
    (account) => account.accountId,
    async (shard) => {
      const values = [tenant, null, page.after, page.limit + 1, filterJson(filter)];
      return (await fetchAccounts(shard, values, context)).map(accountOf);
    },
  );
