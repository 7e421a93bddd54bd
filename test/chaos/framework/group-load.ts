import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import type { Api } from '../../support/in-process-api.ts';
import { type AnswerLog, newAnswerLog, observed } from './answer-log.ts';
import { emptyLoad, type Load, runLoad } from './transfer-load.ts';

/** One tenant's callers: what they do, and what they were told. */
export interface GroupLoad {
  readonly tenant: string;
  readonly client: ApiClient;
  readonly accounts: readonly string[];
  readonly load: Load;
  readonly answers: AnswerLog;
  /** Begins no new request; resolves once what is under way has come to its end. */
  end(): Promise<void>;
}

export interface GroupWishes {
  readonly api: Api;
  readonly tenant: string;
  readonly token: string;
  /** Accounts of others, which this group tries to read. */
  readonly foreign: () => readonly string[];
  readonly writers: number;
  /** Between two transfers of a writer. */
  readonly pauseMs: number;
  /** For so long callers go on after the end until all is known. Default 30 s. */
  readonly patienceMs?: number;
  /** How many accounts on each shard. */
  readonly accountsPerShard: number;
  readonly shards: number;
}

const shardOf = (id: string, shards: number): number =>
  Math.floor((Number.parseInt(id.slice(15, 17), 16) * shards) / 256);

/** Accounts without limits, as many on each shard. */
const openAccounts = async (client: ApiClient, wishes: GroupWishes): Promise<string[][]> => {
  const found: string[][] = Array.from({ length: wishes.shards }, () => []);
  for (let i = 0; found.some((ids) => ids.length < wishes.accountsPerShard); i += 1) {
    const id = await client.account({ asset: 'EUR', partitionKey: `chaos-${i}` });
    const ids = found[shardOf(id, wishes.shards)];
    if (ids !== undefined && ids.length < wishes.accountsPerShard) ids.push(id);
  }
  return found;
};

/** Opens a tenant, and starts its callers: writers, and one who reads and tries what he may not. */
export const startGroup = async (wishes: GroupWishes): Promise<GroupLoad> => {
  const answers = newAnswerLog();
  const client = apiClient(observed(wishes.api, answers, wishes.foreign), wishes.token);
  await client.asset('EUR');
  const groups = await openAccounts(client, wishes);
  const accounts = groups.flat();
  const load = emptyLoad();
  const enough = new AbortController();
  const { writers, pauseMs, patienceMs = 30_000 } = wishes;
  const running = Promise.all([
    runLoad({ client, groups, writers, pauseMs, enough: enough.signal, patienceMs }, load),
    lookAround(client, accounts, wishes, enough.signal),
  ]);
  return {
    tenant: wishes.tenant,
    client,
    accounts,
    load,
    answers,
    end: async () => {
      enough.abort();
      await running;
    },
  };
};

/** Reads from the read model, creates assets (whose keys DynamoDB holds), and asks for what is another's. */
const lookAround = async (
  client: ApiClient,
  own: readonly string[],
  { foreign, pauseMs }: GroupWishes,
  enough: AbortSignal,
): Promise<void> => {
  const asks: readonly ((i: number, foreignId: string) => Promise<unknown>)[] = [
    (i) => client.get(`/v1/accounts/${own[i % own.length]}/balance?consistency=eventual`),
    () => client.asset(`A${randomUUID().slice(0, 8).toUpperCase()}`),
    (_, id) => client.get(`/v1/accounts/${id}`),
    (_, id) => client.get(`/v1/accounts/${id}/balance`),
    (_, id) => client.get(`/v1/accounts/${id}/balance?consistency=eventual`),
    () => client.get('/v1/transfers?limit=20'),
  ];
  for (let i = 0; !enough.aborted; i += 1) {
    const others = foreign();
    const foreignId = others[i % others.length];
    // Whatever becomes of it is in the log of answers.
    if (foreignId !== undefined) await asks[i % asks.length]?.(i, foreignId).catch(() => {});
    await sleep(pauseMs);
  }
};
