import { setTimeout as sleep } from 'node:timers/promises';
import { decodeEvent } from '@atlas/kafka';
import pg from 'pg';
import type { ApiClient } from '../../support/api-client.ts';
import { readTopic, type TopicEnds } from '../../support/read-topic.ts';
import type { History, LoggedEntry, StoredAccount, StoredTransfer } from './check-history.ts';

type Sources = Pick<History, 'transfers' | 'accounts' | 'loggedTransfers' | 'loggedEntries'>;

/** Where one looks behind the API. */
export interface Backstage {
  /** Of the shards' databases, as a superuser. */
  readonly postgresUrls: readonly string[];
  readonly brokers: readonly string[];
  /** Where the topics ended before the run; what lies before is not read. Default: from their start. */
  readonly since?: ReadonlyMap<string, TopicEnds>;
}

const onShards = async <T>(
  { postgresUrls }: Backstage,
  ask: (client: pg.Client) => Promise<readonly T[]>,
): Promise<readonly T[]> => {
  const answers = await Promise.all(
    postgresUrls.map(async (connectionString) => {
      const client = new pg.Client({ connectionString });
      await client.connect();
      try {
        return await ask(client);
      } finally {
        await client.end();
      }
    }),
  );
  return answers.flat();
};

/** How many rows all outboxes hold together. */
export const waitingIn = async (backstage: Backstage): Promise<number> => {
  const counts = await onShards(backstage, async (client) => {
    const { rows } = await client.query('SELECT count(*)::int AS n FROM ledger.outbox');
    return rows.map(({ n }) => n as number);
  });
  return counts.reduce((sum, count) => sum + count, 0);
};

/** Waits until the relay has emptied every outbox, as long as it makes progress. */
export const untilDrained = async (backstage: Backstage, stallMs: number): Promise<void> => {
  await untilSettled(
    () => waitingIn(backstage),
    (count) => count === 0,
    stallMs,
  );
};

/** Asks until the answer satisfies, or has not changed for a while. Answers with the last one. */
const untilSettled = async <T>(
  ask: () => Promise<T>,
  satisfied: (answer: T) => boolean,
  stallMs: number,
): Promise<T> => {
  let last = '';
  let changedMs = Date.now();
  for (;;) {
    const answer = await ask();
    const now = JSON.stringify(answer, (_, v) => (typeof v === 'bigint' ? String(v) : v));
    if (now !== last) changedMs = Date.now();
    last = now;
    if (satisfied(answer) || Date.now() - changedMs > stallMs) return answer;
    await sleep(100);
  }
};

/** What the ledger and the event log hold for a tenant. */
export const readSources = async (backstage: Backstage, tenant: string): Promise<Sources> => {
  const transfers = await onShards(backstage, async (client) => {
    const { rows } = await client.query<StoredTransfer>(
      `SELECT transfer_id AS "transferId", reference FROM ledger.transfer WHERE tenant = $1`,
      [tenant],
    );
    return rows;
  });
  const accounts = await onShards(backstage, async (client) => {
    const { rows } = await client.query(
      `SELECT account_id AS "accountId", asset, version::text,
              (posted_credits - posted_debits)::text AS balance
         FROM ledger.account WHERE tenant = $1`,
      [tenant],
    );
    return rows.map((row) => storedAccount(row));
  });
  const { brokers, since } = backstage;
  const [transferLog, accountLog] = await Promise.all(
    ['ledger.transfer.v1', 'ledger.account.v1'].map(async (topic) => {
      const records = await readTopic(brokers, topic, since?.get(topic));
      return records
        .filter(({ headers }) => headers.tenant === tenant)
        .map((record) => decodeEvent(topic, record));
    }),
  );
  return {
    transfers,
    accounts,
    loggedTransfers: (transferLog ?? []).map(({ key }) => key),
    loggedEntries: (accountLog ?? []).map(({ key, data }): LoggedEntry => {
      if (!('version' in data)) throw new Error(`an event of ${key} has no version`);
      return { accountId: key, version: BigInt(data.version) };
    }),
  };
};

const storedAccount = (row: Readonly<Record<string, string>>): StoredAccount => ({
  accountId: row.accountId ?? '',
  asset: row.asset ?? '',
  version: BigInt(row.version ?? ''),
  balance: BigInt(row.balance ?? ''),
});

/** The read model over HTTP, once it has caught up; as it is, when it makes no more progress. */
export const readView = (
  client: ApiClient,
  accounts: readonly StoredAccount[],
  stallMs: number,
): Promise<readonly StoredAccount[]> => {
  const ask = async () => {
    const viewed: StoredAccount[] = [];
    for (const { accountId, asset } of accounts) {
      const path = `/v1/accounts/${accountId}/balance?consistency=eventual`;
      const { status, headers, body } = await client.get(path);
      // While the read model is down the leader may answer for it, which shows nothing here.
      const isOfView = status === 200 && headers['atlas-consistency'] === 'eventual';
      if (isOfView) viewed.push(storedAccount({ ...body, asset }));
    }
    return viewed;
  };
  const wanted = new Map(accounts.map(({ accountId, version }) => [accountId, version]));
  const caughtUp = (viewed: readonly StoredAccount[]) =>
    viewed.length === wanted.size &&
    viewed.every(({ accountId, version }) => wanted.get(accountId) === version);
  return untilSettled(ask, caughtUp, stallMs);
};
