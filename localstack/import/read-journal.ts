import { createReadStream } from 'node:fs';
import streamArray from 'stream-json/streamers/stream-array.js';
import { minorUnits, trimmed } from './decimal.ts';
import type { ImportItem } from './import-item.ts';
import { type JournalTransaction, journalTransaction } from './journal-transaction.ts';
import { accountNameOf, assetCodeOf, metadataOf } from './names.ts';
import { type Movement, pairPostings, Unbalanced } from './pair-postings.ts';

const maxPostings = 100;
const maxScale = 18;

interface ReadTransaction {
  readonly where: string;
  readonly transaction?: JournalTransaction;
  readonly movements?: readonly Movement[];
  readonly reason?: string;
}

/** Transactions one by one, whatever the size of the file. Numbers stay text: none loses a digit. */
async function* transactionsOf(file: string): AsyncGenerator<ReadTransaction> {
  const elements = createReadStream(file).pipe(
    streamArray.withParserAsStream({ numberAsString: true, streamValues: false }),
  ) as AsyncIterable<{ readonly key: number; readonly value: unknown }>;
  for await (const { key, value } of elements) {
    const parsed = journalTransaction.safeParse(value);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const reason = `is no transaction of hledger: ${issue?.path.join('.')} ${issue?.message}`;
      yield { where: `transaction ${key + 1}`, reason };
      continue;
    }
    const transaction = parsed.data;
    const where = `line ${transaction.tsourcepos[0]?.sourceLine} (${transaction.tdate} ${transaction.tdescription})`;
    try {
      const movements = pairPostings(transaction);
      if (movements.length > maxPostings) {
        const reason = `needs ${movements.length} postings, and a transfer has at most 100`;
        yield { where, reason };
      } else {
        yield { where, transaction, movements };
      }
    } catch (error) {
      if (!(error instanceof Unbalanced)) throw error;
      yield { where, reason: error.message };
    }
  }
}

const refOf = (account: string, commodity: string): string => `${commodity}\u0000${account}`;

/**
 * The JSON of `hledger print -O json`, in two passes: the first finds each commodity's scale (the
 * most decimal places it has anywhere) and each account, the second the transfers.
 */
export async function* readJournal(file: string): AsyncGenerator<ImportItem> {
  const scales = new Map<string, number>();
  const accounts = new Map<string, { readonly account: string; readonly commodity: string }>();
  for await (const { movements = [] } of transactionsOf(file)) {
    for (const { commodity, amount, debit, credit } of movements) {
      const { places } = trimmed(amount);
      scales.set(commodity, Math.max(scales.get(commodity) ?? 0, places));
      for (const account of [debit, credit]) {
        accounts.set(refOf(account, commodity), { account, commodity });
      }
    }
  }
  for (const [commodity, scale] of scales) {
    const where = `commodity ${commodity || '(none)'}`;
    if (scale > maxScale) yield { kind: 'refused', where, reason: `has ${scale} decimal places` };
    else yield { kind: 'asset', where, code: assetCodeOf(commodity), scale };
  }
  for (const [ref, { account, commodity }] of accounts) {
    yield {
      kind: 'account',
      where: `account ${account}`,
      ref,
      asset: assetCodeOf(commodity),
      name: accountNameOf(account),
      minBalance: null,
      maxBalance: null,
      metadata: {},
      reuse: true,
    };
  }
  for await (const read of transactionsOf(file)) yield transferOf(read, scales);
}

const transferOf = (read: ReadTransaction, scales: ReadonlyMap<string, number>): ImportItem => {
  const { where, transaction, movements, reason } = read;
  if (transaction === undefined || movements === undefined) {
    return { kind: 'refused', where, reason: reason ?? 'cannot be read' };
  }
  if (movements.length === 0) return { kind: 'empty', where };
  const postings = movements.map(({ commodity, debit, credit, amount }) => ({
    debit: refOf(debit, commodity),
    credit: refOf(credit, commodity),
    amount: String(minorUnits(amount, scales.get(commodity) ?? 0)),
  }));
  const metadata = metadataOf([
    ['description', transaction.tdescription],
    ['status', transaction.tstatus === 'Unmarked' ? null : transaction.tstatus],
    ['comment', transaction.tcomment],
    ['date2', transaction.tdate2],
    ...transaction.ttags.map(([name, value]) => [`tag:${name}`, value || 'true'] as const),
    ...transaction.tpostings.flatMap(
      (posting, i) =>
        [
          [`posting:${i + 1}:comment`, posting.pcomment],
          [`posting:${i + 1}:date`, posting.pdate],
        ] as const,
    ),
  ]);
  const reference = transaction.tcode.slice(0, 255).toWellFormed() || null;
  const effectiveAt = `${transaction.tdate}T00:00:00.000Z`;
  const identity = JSON.stringify([postings, metadata, reference, effectiveAt]);
  const annotations = { reference, metadata, effectiveAt };
  return { kind: 'transfer', where, identity, ref: null, postings, ...annotations };
};
