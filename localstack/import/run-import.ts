import { createHash, randomUUID } from 'node:crypto';
import { ConcurrencyLimit } from '@atlas/runtime';
import type { AccountItem, ImportItem, OperationItem } from './import-item.ts';
import type { Answer, LedgerClient } from './ledger-client.ts';
import {
  type KnownIds,
  NotMade,
  type OperationRequest,
  operationRequest,
} from './operation-request.ts';

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
  /**
   * How many operations are under way at once, at most; 1 keeps their order. There are fewer while the API is
   * slower with more, or turns some away.
   */
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
  const ids: KnownIds = { accounts: new Map(), transfers: new Map(), holds: new Map() };
  const seen = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const refuse = (where: string, reason: string) => report.refused.push({ where, reason });
  const { concurrency: most } = options;
  const limit = new ConcurrencyLimit({ least: 1, most, start: Math.min(most, 4), tolerance: 3 });

  const operate = async (item: OperationItem, key: string): Promise<void> => {
    const request = requestOf(item, ids, refuse);
    if (request === undefined) return;
    const answer = await measured(limit, () =>
      options.client.post(request.path, key, request.body),
    );
    if (answer.status >= 300) {
      refuse(item.where, reasonOf(answer));
      return;
    }
    remember(item, answer, ids);
    if (answer.headers['idempotency-replayed'] === 'true') report.already += 1;
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
      if (id !== undefined) ids.accounts.set(item.ref, id);
    } else {
      // What an operation is about was made by one that may still be under way.
      if (item.kind !== 'transfer') await Promise.all(underWay);
      const count = (seen.get(item.identity) ?? 0) + 1;
      seen.set(item.identity, count);
      const work = operate(item, keyOf(item.identity, String(count)));
      const tracked: Promise<void> = work.finally(() => underWay.delete(tracked));
      underWay.add(tracked);
      while (underWay.size >= limit.limit) await Promise.race(underWay);
    }
  }
  await Promise.all(underWay);
  return report;
};

/** Lets the limit learn from what an operation took, and whether it was turned away. */
const measured = async (limit: ConcurrencyLimit, post: () => Promise<Answer>): Promise<Answer> => {
  const end = limit.begin();
  const startedMs = performance.now();
  let failed = true;
  try {
    const answer = await post();
    failed = answer.status === 429 || answer.status >= 500;
    return answer;
  } finally {
    end({ durationMs: performance.now() - startedMs, failed });
  }
};

type Refuse = (where: string, reason: string) => unknown;

const requestOf = (
  item: OperationItem,
  ids: KnownIds,
  refuse: Refuse,
): OperationRequest | undefined => {
  try {
    return operationRequest(item, ids);
  } catch (error) {
    if (!(error instanceof NotMade)) throw error;
    refuse(item.where, error.message);
    return undefined;
  }
};

/** Keeps the id of what was made, for the lines that name it. */
const remember = ({ kind, ref }: OperationItem, { body }: Answer, ids: KnownIds): void => {
  if (ref === null) return;
  const [known, id] =
    kind === 'hold' ? [ids.holds, body?.holdId] : [ids.transfers, body?.transferId];
  if (id !== undefined && id !== null) known.set(ref, id);
};

const asset = async (
  client: LedgerClient,
  { where, code, scale }: ImportItem & { kind: 'asset' },
  refuse: Refuse,
): Promise<void> => {
  // Its code protects it, so the key needs to last for this one request only.
  const answer = await client.post('/v1/assets', randomUUID(), { code, scale });
  if (answer.status !== 201) refuse(where, reasonOf(answer));
};

const account = async (
  client: LedgerClient,
  item: AccountItem,
  refuse: Refuse,
): Promise<string | undefined> => {
  const { asset: code, ref, name, minBalance, maxBalance, metadata, where, reuse } = item;
  if (reuse && name !== null) {
    const query = new URLSearchParams({ asset: code, name, limit: '1' });
    const found = await client.get(`/v1/accounts?${query.toString()}`);
    const known = found.body?.items?.[0]?.accountId;
    if (known !== undefined) return known;
  }
  const key = reuse ? keyOf('account', code, name ?? '') : keyOf('new account', code, ref);
  const body = { asset: code, name, minBalance, maxBalance, metadata };
  const answer = await client.post('/v1/accounts', key, body);
  if (answer.status === 201) return answer.body?.accountId;
  refuse(where, reasonOf(answer));
  return undefined;
};
