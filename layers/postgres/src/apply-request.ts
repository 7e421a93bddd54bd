import {
  accepted,
  type CallContext,
  type Outcome,
  type Partition,
  type Posting,
  partitionOfId,
  type Refusal,
  type RequestIdentity,
} from '@atlas/domain';
import { arrayLiteral } from './array-literal.ts';
import { AccountPlaces } from './posted-transfer.ts';
import { refusalOfShape } from './refusal-of-shape.ts';
import type { Router } from './router.ts';
import { statements } from './statements.ts';
import { type Rehearsal, writeRequest } from './write-request.ts';
import { refusalToJson, type Written } from './written.ts';

/** A request or an item of a batch, as ledger.apply_items takes it. */
export interface Item {
  /** A transfer, a reversal, a hold, a capture, a void. */
  readonly kind: 't' | 'r' | 'h' | 'c' | 'v';
  /** Of the transfer or the hold that it makes. */
  readonly id?: string;
  /** The hold that it changes, or the transfer that it reverses. */
  readonly target?: string;
  readonly postings?: readonly Posting[];
  readonly quantity?: bigint | null;
  readonly final?: boolean;
  readonly expiresAt?: Date | null;
  readonly reference?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly effectiveAt?: Date | null;
}

export interface AppliedItems {
  readonly written: Written;
  /** The asset of each account that the items name. */
  readonly assetOf: ReadonlyMap<string, string>;
}

/** Where the rows of an item are born. */
const homeOf = ({ target, postings }: Item): Partition =>
  partitionOfId(target ?? postings?.[0]?.debitAccountId ?? '');

/** What can be told of an item without an account: refused like anything else, and stored. */
const refusalOf = (router: Router, item: Item, first: Partition): Refusal | null => {
  if (router.shardOf(homeOf(item)) !== router.shardOf(first)) return { code: 'cross-shard-batch' };
  return item.postings === undefined ? null : refusalOfShape(router, item.postings);
};

/** An array, or null where it says nothing: that costs no parsing. */
const orNull = (all: readonly unknown[]): readonly unknown[] | null =>
  all.every((one) => one === null || one === undefined) ? null : all;

const metadataOf = ({ metadata }: Item): string | null =>
  metadata === undefined || Object.keys(metadata).length === 0 ? null : JSON.stringify(metadata);

/**
 * Applies items in one transaction, and in one round trip (two where the rows belong to another shard
 * than the tenant's home). Mode: a single one, a batch of all or nothing, a batch of single ones.
 */
export const applyRequest = async (
  router: Router,
  who: RequestIdentity | Rehearsal,
  mode: 'single' | 'atomic' | 'independent',
  items: readonly [Item, ...Item[]],
  context: CallContext,
): Promise<Outcome<AppliedItems>> => {
  const born = homeOf(items[0]);
  const refusals = items.map((item) => refusalOf(router, item, born));
  const touched = new AccountPlaces();
  const [debits, credits, amounts]: [number[], number[], bigint[]] = [[], [], []];
  const [firsts, lasts]: [number[], number[]] = [[], []];
  for (const [i, { postings = [] }] of items.entries()) {
    firsts.push(amounts.length + 1);
    // Of what is refused no account is locked: it may be another shard's.
    for (const posting of refusals[i] === null ? postings : []) {
      const [debit, credit] = touched.add(posting);
      debits.push(debit);
      credits.push(credit);
      amounts.push(posting.amountMinor);
    }
    lasts.push(amounts.length);
  }
  const isOneEach = firsts.every((first, i) => first === i + 1 && lasts[i] === first);
  const accounts = touched.accounts();
  const homes = items.filter((_, i) => refusals[i] === null).map(homeOf);
  const outcome = await writeRequest(
    router,
    who,
    {
      statement: statements.applyRequest,
      values: [
        mode.slice(0, 1),
        items.map(({ kind }) => kind).join(''),
        arrayLiteral(items.map(({ id = null }) => id)),
        orNull(items.map(({ target = null }) => target)),
        ...(isOneEach ? [null, null] : [arrayLiteral(firsts), arrayLiteral(lasts)]),
        arrayLiteral(accounts),
        arrayLiteral(debits),
        arrayLiteral(credits),
        arrayLiteral(amounts),
        orNull(items.map(({ quantity = null }) => quantity)),
        orNull(items.map(({ final = null }) => final)),
        orNull(items.map(({ expiresAt = null }) => expiresAt)),
        orNull(items.map(({ reference = null }) => reference)),
        orNull(items.map(metadataOf)),
        orNull(items.map(({ effectiveAt = null }) => effectiveAt)),
        orNull(refusals.map((refusal) => refusal && refusalToJson(refusal))),
      ],
      partitions: [born, ...homes, ...accounts.map((id) => partitionOfId(id))],
    },
    context,
  );
  if (outcome.kind === 'refused') return outcome;
  const { assets } = outcome.value;
  const assetOf = new Map(accounts.map((account, i) => [account, assets?.[i] ?? '']));
  return accepted({ written: outcome.value, assetOf }, outcome.replayed);
};
