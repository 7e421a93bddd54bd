import type pg from 'pg';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import { countRows } from '../../support/count-rows.ts';
import { apiOver } from '../../support/in-process-api.ts';
import { pollUntil } from '../../support/poll.ts';
import { type PostgresProxy, postgresProxy } from '../../support/postgres-proxy.ts';
import { type ServerProcess, serverProcess } from '../../support/server-process.ts';
import { testSurroundings } from '../../support/test-api.ts';
import { httpApi } from './http-api.ts';
import { type AwsProxy, awsProxy } from './injectors/aws-proxy.ts';
import { type IoCall, type IoRecorder, ioRecorder, type Side } from './io-recorder.ts';
import type { Send, WriteRequest, WriteTenant } from './write-requests.ts';

/** Where a request dies: at which of its calls, and on which side of it. */
export interface CrashPoint {
  readonly index: number;
  readonly call: IoCall;
  readonly side: Side;
}

/** What requests leave in the databases, as figures of which only differences count. */
export type Footprint = Readonly<Record<string, number>>;

export interface CrashWorld {
  /** Sends the request undisturbed: the calls that it makes, and what it leaves. */
  observe(request: WriteRequest): Promise<{
    readonly calls: readonly IoCall[];
    readonly left: Footprint;
    readonly status: number;
  }>;
  /** Kills the process at this point of it, and sends it again under its key. */
  crash(
    request: WriteRequest,
    point: CrashPoint,
  ): Promise<{ readonly died: boolean; readonly left: Footprint; readonly status: number }>;
  close(): Promise<void>;
}

/** Rows of every table that requests write, what they tell the relay, and versions that updates raise. */
const footprintOf = async (admins: readonly pg.Client[]): Promise<Footprint> => {
  const sums: Record<string, number> = {};
  for (const admin of admins) {
    const { rows } = await admin.query(
      `SELECT (SELECT count(*) FROM ledger.outbox)::int AS "outbox rows",
              (SELECT count(*) FROM ledger.webhook_delivery)::int AS "deliveries",
              (SELECT coalesce(sum(version), 0) FROM ledger.account)::int AS "account versions"`,
    );
    for (const [name, value] of Object.entries({ ...(await countRows(admin)), ...rows[0] })) {
      sums[name] = (sums[name] ?? 0) + Number(value);
    }
  }
  return sums;
};

const difference = (after: Footprint, before: Footprint): Footprint =>
  Object.fromEntries(
    Object.entries(after)
      .map(([name, value]) => [name, value - (before[name] ?? 0)] as const)
      .filter(([, value]) => value !== 0),
  );

const shardOf = (id: string): number => Number.parseInt(id.slice(15, 17), 16) >> 7;

const openTenant = async (
  client: ApiClient,
  admins: readonly pg.Client[],
): Promise<WriteTenant> => {
  await client.asset('EUR');
  const [from, to] = [await client.account(), await client.account()];
  const away: string[] = [];
  for (let i = 0; away.length < 2; i += 1) {
    const id = await client.account({ partitionKey: `away-${i}` });
    if (shardOf(id) !== shardOf(from)) away.push(id);
  }
  const endDelivery = async (deliveryId: string) => {
    for (const admin of admins) {
      await admin.query(
        `UPDATE ledger.webhook_delivery SET status = 'x', attempts = 10, ended_at = now()
          WHERE delivery_id = $1`,
        [deliveryId],
      );
    }
  };
  const [first = '', second = ''] = away;
  return { from, to, away: [first, second], webhookUrl: 'https://127.0.0.1:9/', endDelivery };
};

/** Sends it until it is told that it is done; a key may be under way for a while, of a dead process. */
const untilDone = async (send: Send, key: string): Promise<number> => {
  const answer = await pollUntil(
    () => send(key).catch(() => undefined),
    (told) => told !== undefined && ![409, 429, 500, 503, 504].includes(told.status),
    30_000,
  );
  return answer?.status ?? 0;
};

interface Inside {
  readonly client: ApiClient;
  readonly tenant: WriteTenant;
  readonly server: ServerProcess;
  readonly recorder: IoRecorder;
  readonly admins: readonly pg.Client[];
}

const crashAt = async (
  { client, tenant, server, recorder, admins }: Inside,
  request: WriteRequest,
  { index, side }: CrashPoint,
) => {
  const key = `crash-${crypto.randomUUID()}`;
  const send = await request.prepare(client, tenant);
  const before = await footprintOf(admins);
  recorder.strikeAt((_, i) => i === index, side, server.kill);
  const died = await send(key).then(
    () => false,
    () => true,
  );
  if (!server.isDead()) server.kill();
  await server.restart();
  const status = await untilDone(send, key);
  return { died, status, left: difference(await footprintOf(admins), before) };
};

/** The API in a process of its own behind ways that hear each call, over databases of its own. */
export const startCrashWorld = async (): Promise<CrashWorld> => {
  const { issuer, database, environment } = await testSurroundings();
  const recorder = ioRecorder();
  const proxies: (PostgresProxy | AwsProxy)[] = [];
  const shards = [];
  for (const { id, host, port, database: name, tls } of database.api) {
    const proxy = await postgresProxy({ host, port }, recorder.watch(`postgres-${id}`));
    proxies.push(proxy);
    shards.push({ id, host: '127.0.0.1', port: proxy.port, database: name, tls });
  }
  const aws = await awsProxy(environment.AWS_ENDPOINT_URL, recorder.watch('aws'));
  proxies.push(aws);
  const server = await serverProcess({
    environment: {
      ...environment,
      ATLAS_SHARDS: JSON.stringify(shards),
      AWS_ENDPOINT_URL: aws.url,
      ATLAS_INTAKE_QUEUE_URL: `${aws.url}${new URL(environment.ATLAS_INTAKE_QUEUE_URL).pathname}`,
    },
  });
  const admins = [await database.admin(0), await database.admin(1)];
  const client = apiClient(apiOver(httpApi(server.url)), await issuer.token());
  const tenant = await openTenant(client, admins);
  const inside: Inside = { client, tenant, server, recorder, admins };
  return {
    async observe(request) {
      const send = await request.prepare(client, tenant);
      const before = await footprintOf(admins);
      recorder.listen();
      const { status } = await send(`seen-${crypto.randomUUID()}`);
      const calls = recorder.heard();
      return { calls, status, left: difference(await footprintOf(admins), before) };
    },
    crash: (request, point) => crashAt(inside, request, point),
    async close() {
      await server.close();
      await Promise.all(admins.map((admin) => admin.end()));
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await database.drop();
    },
  };
};
