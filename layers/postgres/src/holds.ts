import {
  accepted,
  type CallContext,
  type CaptureHold,
  type Hold,
  type HoldChange,
  type HoldStatus,
  type Outcome,
  type Page,
  type PageRequest,
  type Partition,
  type PlaceHold,
  partitionOfId,
  type RequestIdentity,
} from '@atlas/domain';
import { mergePages } from './merge-pages.ts';
import { newId } from './new-id.ts';
import { refusalOfShape } from './refusal-of-shape.ts';
import type { Router } from './router.ts';
import type { Shard } from './shard.ts';
import { statements } from './statements.ts';
import { type Write, writeRequest } from './write-request.ts';
import { refusalToJson } from './written.ts';

/** A hold as it is stored and read: JSON with amounts and times as text (ledger.hold_json). */
interface StoredHold {
  readonly holdId: string;
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly asset: string;
  readonly amountMinor: string;
  readonly capturedMinor: string;
  readonly status: string;
  readonly version: string;
  readonly expiresAt: string | null;
  readonly reference: string | null;
  readonly metadata: Record<string, string>;
  readonly placedAt: string;
}

/** What a hold request was answered (ledger.hold_answer). */
interface StoredChange {
  readonly hold: StoredHold;
  readonly transferId: string | null;
  readonly balances: readonly {
    readonly accountId: string;
    readonly version: string;
    readonly balanceMinor: string;
    readonly availableMinor: string;
  }[];
}

const statusOf: Readonly<Record<string, HoldStatus>> = {
  p: 'pending',
  c: 'captured',
  v: 'voided',
  x: 'expired',
};

const holdOf = (stored: StoredHold): Hold => {
  const status = statusOf[stored.status];
  if (status === undefined) throw new Error(`no hold status "${stored.status}"`);
  return {
    ...stored,
    status,
    amountMinor: BigInt(stored.amountMinor),
    capturedMinor: BigInt(stored.capturedMinor),
    version: BigInt(stored.version),
    expiresAt: stored.expiresAt === null ? null : new Date(stored.expiresAt),
    placedAt: new Date(stored.placedAt),
  };
};

const changeFromAnswer = (text: string): HoldChange => {
  const { hold, transferId, balances } = JSON.parse(text) as StoredChange;
  return {
    hold: holdOf(hold),
    transferId,
    balances: balances.map((balance) => ({
      accountId: balance.accountId,
      version: BigInt(balance.version),
      balanceMinor: BigInt(balance.balanceMinor),
      availableMinor: BigInt(balance.availableMinor),
    })),
  };
};

const writeHold = async (
  router: Router,
  who: RequestIdentity,
  write: Write,
  context: CallContext,
): Promise<Outcome<HoldChange>> => {
  const outcome = await writeRequest(router, who, write, context);
  if (outcome.kind === 'refused') return outcome;
  return accepted(changeFromAnswer(outcome.value), outcome.replayed);
};

export const placeHold = (
  router: Router,
  who: RequestIdentity,
  command: PlaceHold,
  context: CallContext,
): Promise<Outcome<HoldChange>> => {
  const { debitAccountId, creditAccountId, amountMinor, expiresAt, reference, metadata } = command;
  const born = partitionOfId(debitAccountId);
  const creditPartition = partitionOfId(creditAccountId);
  const refusal = refusalOfShape(router, [command]);
  const write: Write = {
    statement: statements.placeHold,
    values: [
      newId(born),
      born,
      creditPartition,
      debitAccountId,
      creditAccountId,
      amountMinor,
      expiresAt,
      reference,
      metadata,
      refusal === null ? null : refusalToJson(refusal),
    ],
    // Another shard's partition cannot be held here, and a hold that is refused needs none.
    partitions: refusal === null ? [born, creditPartition] : [born],
  };
  return writeHold(router, who, write, context);
};

/** What a change of a hold touches: its accounts never change, so they can be read before. */
const partitionsOf = async (
  router: Router,
  tenant: string,
  holdId: string,
  context: CallContext,
): Promise<readonly [Partition, ...Partition[]]> => {
  const hold = await readHold(router, tenant, holdId, context);
  const born = partitionOfId(holdId);
  return hold === undefined ? [born] : [born, partitionOfId(hold.creditAccountId)];
};

export const captureHold = async (
  router: Router,
  who: RequestIdentity,
  holdId: string,
  { amountMinor, final }: CaptureHold,
  context: CallContext,
): Promise<Outcome<HoldChange>> => {
  const partitions = await partitionsOf(router, who.tenant, holdId, context);
  const values = [holdId, newId(partitionOfId(holdId)), amountMinor, final];
  const write = { statement: statements.captureHold, values, partitions };
  return writeHold(router, who, write, context);
};

export const voidHold = async (
  router: Router,
  who: RequestIdentity,
  holdId: string,
  context: CallContext,
): Promise<Outcome<HoldChange>> => {
  const partitions = await partitionsOf(router, who.tenant, holdId, context);
  const write = { statement: statements.voidHold, values: [holdId], partitions };
  return writeHold(router, who, write, context);
};

const fetchHolds = async (
  shard: Shard,
  values: readonly unknown[],
  context: CallContext,
): Promise<Hold[]> => {
  const rows = await shard.run<{ readonly read_holds: StoredHold }>(statements.readHolds, values, {
    deadline: context.deadline,
    effect: 'read',
  });
  return rows.map((row) => holdOf(row.read_holds));
};

export const readHold = async (
  router: Router,
  tenant: string,
  holdId: string,
  context: CallContext,
): Promise<Hold | undefined> => {
  const shard = router.shardOfId(holdId);
  const [hold] = await fetchHolds(shard, [tenant, holdId, null, 1], context);
  return hold;
};

export const listHolds = (
  router: Router,
  tenant: string,
  page: PageRequest,
  context: CallContext,
): Promise<Page<Hold>> =>
  mergePages(
    router.shards,
    page.limit,
    (hold) => hold.holdId,
    (shard) => fetchHolds(shard, [tenant, null, page.after, page.limit + 1], context),
  );
