import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { isAlive } from '../../localstack/process-record.ts';
import { killPart, type RestartablePart, restartPart } from '../../localstack/restart-part.ts';
import { type ApiClient, apiClient } from '../support/api-client.ts';
import { deployedApi } from '../support/deployed-api.ts';
import { pollUntil } from '../support/poll.ts';
import { checkHistory, type History } from './framework/check-history.ts';
import { readSources, readView, untilDrained } from './framework/collect-history.ts';
import { emptyLoad, type Load, runLoad } from './framework/transfer-load.ts';

const deployed = deployedApi();
const backstage = {
  postgresUrls: deployed.outputs.postgres
    .filter(({ name }) => name.startsWith('postgres'))
    .map(
      ({ host, port }) => `postgres://postgres:${deployed.secrets.postgres}@${host}:${port}/atlas`,
    ),
  brokers: deployed.outputs.kafkaBrokers.split(','),
};
const tenant = `chaos-${randomUUID().slice(0, 8)}`;
const runMs = Number(process.env.ATLAS_CHAOS_SECONDS ?? 60) * 1_000;
const patienceMs = 60_000;
/** When each part is killed, and started again, as fractions of the run. */
const faults: readonly { part: RestartablePart; killAt: number; restartAt: number }[] = [
  { part: 'relay', killAt: 0.1, restartAt: 0.18 },
  { part: 'postgres-0', killAt: 0.32, restartAt: 0.4 },
  { part: 'kafka', killAt: 0.6, restartAt: 0.68 },
];
let client: ApiClient;
let groups: readonly (readonly string[])[];

const shardOf = (id: string): number => Number.parseInt(id.slice(15, 17), 16) >> 7;

/** Eight accounts without limits on each shard, half of them in another asset. */
const openAccounts = async (): Promise<readonly (readonly string[])[]> => {
  const found = new Map<string, string[]>();
  for (let i = 0; [...found.values()].filter((ids) => ids.length >= 4).length < 4; i += 1) {
    const asset = i % 2 === 0 ? 'EUR' : 'USD';
    const id = await client.account({ asset, partitionKey: `chaos-${i}` });
    const name = `${shardOf(id)} ${asset}`;
    found.set(name, [...(found.get(name) ?? []), id]);
  }
  return [...found.values()];
};

beforeAll(async () => {
  client = apiClient(deployed.api, await deployed.token({ tenant }));
  await client.asset('EUR');
  await client.asset('USD');
  groups = await openAccounts();
});

/** Waits until callers are served: ever more transfers are acknowledged. */
const untilServed = async (load: Load): Promise<void> => {
  const before = load.acknowledged.length;
  await pollUntil(
    async () => load.acknowledged.length,
    (now) => now >= before + 25,
    patienceMs,
  );
};

/** Kills each part and starts it again, on schedule; what does not need the part goes on. */
const injectFaults = async (load: Load): Promise<void> => {
  const { outputs, secrets } = deployed;
  const startMs = Date.now();
  const at = (fraction: number) => sleep(Math.max(0, startMs + fraction * runMs - Date.now()));
  for (const { part, killAt, restartAt } of faults) {
    await at(killAt);
    const killed = await killPart(outputs.profile, part);
    if (part !== 'postgres-0') await untilServed(load);
    await at(restartAt);
    expect(isAlive(killed)).toBe(false);
    expect(isAlive(await restartPart(outputs, secrets, part))).toBe(true);
    await untilServed(load);
  }
  await at(1);
};

describe('while parts are killed', () => {
  it('no acknowledged transfer is lost, done twice, unpublished or missing in the view', async () => {
    const load = emptyLoad();
    const enough = new AbortController();
    const running = runLoad(
      { client, groups, writers: 8, enough: enough.signal, patienceMs },
      load,
    );
    await injectFaults(load).finally(() => enough.abort());
    await running;
    const endMs = Date.now();
    await untilDrained(backstage, patienceMs);
    const drainedMs = Date.now() - endMs;
    const sources = await readSources(backstage, tenant);
    const viewed = await readView(client, sources.accounts, patienceMs);
    const viewedMs = Date.now() - endMs;
    const history: History = { ...load, ...sources, viewed };

    console.log(
      JSON.stringify({
        acknowledged: load.acknowledged.length,
        transfers: sources.transfers.length,
        loggedTransfers: sources.loggedTransfers.length,
        loggedEntries: sources.loggedEntries.length,
        accounts: viewed.length,
        ...{ drainedMs, viewedMs },
        faults: Object.fromEntries(load.faults),
      }),
    );
    expect(load.unexpected).toEqual([]);
    expect(load.abandoned).toEqual([]);
    expect(checkHistory(history).slice(0, 20)).toEqual([]);
    // The run was one: callers felt the faults.
    expect(load.faults.size).toBeGreaterThan(0);
  });
});
