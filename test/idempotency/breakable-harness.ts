import { DynamoDBClient, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type pg from 'pg';
import type { TestDatabase } from '../support/database.ts';
import { pollUntil } from '../support/poll.ts';
import { type PostgresProxy, postgresProxy } from '../support/postgres-proxy.ts';
import { type ServerProcess, serverProcess } from '../support/server-process.ts';
import { testSurroundings } from '../support/test-api.ts';
import type { Clock, Faults, Harness } from './conformance-case.ts';

/** With everything that a case may need. */
export interface BreakableHarness extends Harness {
  readonly faults: Faults;
  close(): Promise<void>;
}

const faultsOf = (
  proxies: readonly PostgresProxy[],
  server: ServerProcess,
  admins: readonly pg.Client[],
): Faults => {
  const all = (work: (proxy: PostgresProxy) => void) => () => proxies.forEach(work);
  /** On whichever shard it comes first; the others then lose nothing. */
  const lose = (of: 'statement' | 'answer', after: 'reconnect' | 'refuse', more = () => {}) => {
    const onLoss = () => {
      for (const proxy of proxies) proxy.disarm();
      more();
    };
    for (const proxy of proxies) proxy.lose({ of, after, onLoss });
  };
  return {
    cutOff: all((proxy) => proxy.cutOff()),
    heal: all((proxy) => proxy.heal()),
    loseStatement: () => lose('statement', 'refuse'),
    loseAnswer: (after) => lose('answer', after),
    killAtStatement: () => lose('statement', 'reconnect', server.kill),
    killAtAnswer: () => lose('answer', 'reconnect', server.kill),
    restart: async () => {
      for (const proxy of proxies) proxy.heal();
      await server.restart();
    },
    reset: async () => {
      for (const admin of admins) await admin.query('ROLLBACK');
      for (const proxy of proxies) proxy.heal();
      if (server.isDead()) await server.restart();
    },
    stall: () => stallAll(admins),
  };
};

/** Takes what every write waits for after it has claimed its key: all partitions, and the assets. */
const stallAll = async (admins: readonly pg.Client[]) => {
  for (const admin of admins) {
    await admin.query('BEGIN');
    await admin.query('LOCK TABLE ledger.asset IN SHARE MODE');
    await admin.query('SELECT pg_advisory_xact_lock(421, p) FROM generate_series(0, 255) AS p');
  }
  const [admin] = admins;
  return {
    untilSomebodyWaits: async () => {
      const waiting = async () => {
        let count = 0;
        for (const one of admins) {
          const { rows } = await one.query(
            `SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
              WHERE NOT l.granted AND d.datname = current_database()`,
          );
          count += rows.length;
        }
        return count;
      };
      if (admin === undefined) throw new Error('there is no shard');
      await pollUntil(waiting, (count) => count > 0);
    },
    release: async () => {
      for (const one of admins) await one.query('ROLLBACK');
    },
  };
};

const clockOf = (
  admins: readonly pg.Client[],
  table: string,
  { endpoint }: { readonly endpoint: string },
): Clock => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const dynamo = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  return {
    pass: async (hours) => {
      for (const admin of admins) {
        const earlier = `- make_interval(secs => ${Math.round(hours * 3_600)})`;
        await admin.query(`UPDATE ledger.idempotency_key SET created_at = created_at ${earlier}`);
        await admin.query(`UPDATE ledger.transfer SET recorded_at = recorded_at ${earlier}`);
      }
      const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: table }));
      for (const { id, expiration } of Items) {
        if (id === undefined) throw new Error('a record of a key has no id');
        const earlier = Number(expiration?.N) - Math.round(hours * 3_600);
        await dynamo.send(
          new UpdateItemCommand({
            TableName: table,
            Key: { id },
            UpdateExpression: 'SET expiration = :earlier',
            ExpressionAttributeValues: { ':earlier': { N: String(earlier) } },
          }),
        );
      }
    },
  };
};

const throughProxies = async (database: TestDatabase) => {
  const proxies: PostgresProxy[] = [];
  const shards = [];
  for (const { id, host, port, database: name, tls } of database.api) {
    const proxy = await postgresProxy({ host, port });
    proxies.push(proxy);
    shards.push({ id, host: '127.0.0.1', port: proxy.port, database: name, tls });
  }
  return { proxies, shards: JSON.stringify(shards) };
};

/**
 * The API in a process of its own, over databases of its own, behind proxies that can lose what goes
 * through them: all that the suite can ask for.
 */
export const breakableHarness = async (): Promise<BreakableHarness> => {
  const { issuer, database, environment } = await testSurroundings();
  const { proxies, shards } = await throughProxies(database);
  const server = await serverProcess({ environment: { ...environment, ATLAS_SHARDS: shards } });
  const admins = [await database.admin(0), await database.admin(1)];
  const table = environment.ATLAS_IDEMPOTENCY_TABLE;
  return {
    url: server.url,
    token: await issuer.token(),
    otherToken: await issuer.token({ tenant: 'globex' }),
    faults: faultsOf(proxies, server, admins),
    clock: clockOf(admins, table, { endpoint: environment.AWS_ENDPOINT_URL }),
    close: async () => {
      await server.close();
      for (const admin of admins) await admin.end();
      for (const proxy of proxies) await proxy.close();
      await database.drop();
    },
  };
};
