import { createHash, randomUUID } from 'node:crypto';
import type { ImportItem } from './import-item.ts';
import type { Answer, LedgerClient } from './ledger-client.ts';

export interface ImportReport {
  imported: number;
  /** Found to be there from an earlier run. */
  already: number;
  /** Transactions that move nothing. */
  empty: number;
  readonly refused: { readonly where: string; readonly reason: string }[];
  /** True when it was stopped; running it again goes on. */
  interrupted: boolean;
}

export interface ImportOptions {
  readonly items: AsyncIterable<ImportItem>;
  readonly client: LedgerClient;
  /** How many transfers are under way at once; 1 keeps their order. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (report: ImportReport) => void;
}

const keyOf = (...parts: readonly string[]): string =>
  `import-${createHash('sha256').update(parts.join('\u0000')).digest('hex').slice(0, 48)}`;

const reasonOf = ({ status, body }: Answer): string => {
  const details = (body?.errors ?? [])
    .map(({ pointer, detail }) => `${pointer} ${detail}`)
    .join(', ');
  return `${body?.code ?? status}: ${details || (body?.detail ?? 'no detail')}`;
};

/**
 * Carries items into the ledger. Every request has a key made of its content, so a second run
 * changes nothing, and one that was interrupted goes on: what is there is answered from the key.
 */
export const runImport = async (options: ImportOptions): Promise<ImportReport> => {
  const report: ImportReport = {
    imported: 0,
    already: 0,
    empty: 0,
    refused: [],
    interrupted: false,
  };
  const accountIds = new Map<string, string>();
  const seen = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const refuse = (where: string, reason: string) => report.refused.push({ where, reason });

  const transfer = async (item: ImportItem & { kind: 'transfer' }, key: string): Promise<void> => {
    const { where, reference, metadata, effectiveAt } = item;
    const missing = item.postings
      .flatMap(({ debit, credit }) => [debit, credit])
      .find((ref) => !accountIds.has(ref));
    if (missing !== undefined) {
      const name = missing.split('\u0000').at(-1);
      refuse(where, `the account ${name} was not opened`);
      return;
    }
    const answer = await options.client.post('/v1/transfers', key, {
      postings: item.postings.map(({ debit, credit, amount }) => ({
        debitAccountId: accountIds.get(debit),
        creditAccountId: accountIds.get(credit),
        amount,
      })),
      ...(reference === null ? {} : { reference }),
      metadata,
      ...(effectiveAt === null ? {} : { effectiveAt }),
    });
    if (answer.status !== 201) refuse(where, reasonOf(answer));
    else if (answer.headers['idempotency-replayed'] === 'true') report.already += 1;
    else report.imported += 1;
    options.onProgress?.(report);
  };

  for await (const item of options.items) {
    if (options.signal?.aborted === true) {
      report.interrupted = true;
      break;
    }
    if (item.kind === 'refused') refuse(item.where, item.reason);
    else if (item.kind === 'empty') report.empty += 1;
    else if (item.kind === 'asset') await asset(options.client, item, refuse);
    else if (item.kind === 'account') {
      const id = await account(options.client, item, refuse);
      if (id !== undefined) accountIds.set(item.ref, id);
    } else {
      const count = (seen.get(item.identity) ?? 0) + 1;
      seen.set(item.identity, count);
      const work = transfer(item, keyOf(item.identity, String(count)));
      const tracked: Promise<void> = work.finally(() => underWay.delete(tracked));
      underWay.add(tracked);
      if (underWay.size >= options.concurrency) await Promise.race(underWay);
    }
  }
  await Promise.all(underWay);
  return report;
};

type Refuse = (where: string, reason: string) => unknown;

const asset = async (
  client: LedgerClient,
  { where, code, scale }: ImportItem & { kind: 'asset' },
  refuse: Refuse,
): Promise<void> => {
  // Its code protects it, so the key needs to last for this one request only.
  const answer = await client.post('/v1/assets', randomUUID(), { code, scale });
  if (answer.status !== 201) refuse(where, reasonOf(answer));
};

/** An account of this name and asset that is there already is used; keys are not kept for ever. */
const account = async (
  client: LedgerClient,
  item: ImportItem & { kind: 'account' },
  refuse: Refuse,
): Promise<string | undefined> => {
  const { asset: code, name, minBalance, maxBalance, where } = item;
  const query = new URLSearchParams({ asset: code, name, limit: '1' });
  const found = await client.get(`/v1/accounts?${query.toString()}`);
  const known = found.body?.items?.[0]?.accountId;
  if (known !== undefined) return known;
  const answer = await client.post('/v1/accounts', keyOf('account', code, name), {
    asset: code,
    name,
    minBalance,
    maxBalance,
  });
  if (answer.status === 201) return answer.body?.accountId;
  refuse(where, reasonOf(answer));
  return undefined;
};
