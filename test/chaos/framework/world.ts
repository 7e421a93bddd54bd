import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ensureTopics, kafkaClient } from '@atlas/kafka';
import type { ShardConnection } from '@atlas/postgres';
import type pg from 'pg';
import { topics } from '../../../functions/manifest.ts';
import { type Api, apiOver } from '../../support/in-process-api.ts';
import { pollUntil } from '../../support/poll.ts';
import { type PostgresProxy, postgresProxy } from '../../support/postgres-proxy.ts';
import { topicEnds } from '../../support/read-topic.ts';
import { type ServerProcess, serverProcess } from '../../support/server-process.ts';
import { testServices } from '../../support/services.ts';
import { type TestSurroundings, testSurroundings } from '../../support/test-api.ts';
import {
  type Backstage,
  readSources,
  readView,
  untilDrained,
  waitingIn,
} from './collect-history.ts';
import { type GroupLoad, startGroup } from './group-load.ts';
import { httpApi } from './http-api.ts';
import { type AwsProxy, awsProxy } from './injectors/aws-proxy.ts';
import { type KafkaProxy, kafkaProxy } from './injectors/kafka-proxy.ts';
import { type Parts, runningParts } from './injectors/parts.ts';
import type { GroupRecord } from './invariants.ts';
import { type IoRecorder, ioRecorder } from './io-recorder.ts';
import type { PipelineSettings } from './pipeline-program.ts';
import type { Groups, Subject } from './subject.ts';

/** What carries changes to the read model, on its own way to the parts. */
interface Pipeline {
  readonly process: ServerProcess;
  readonly postgres: readonly PostgresProxy[];
  readonly aws: AwsProxy;
  readonly kafka: KafkaProxy;
  readonly group: string;
  /** Hears every call that it makes. */
  readonly recorder: IoRecorder;
}

/** What experiments break: the real parts, and processes of their own over databases of their own. */
export interface World extends TestSurroundings {
  /** The API of the experiment group, behind proxies. */
  readonly api: ServerProcess;
  /** Its ways to the shards, and to AWS. */
  readonly postgres: readonly PostgresProxy[];
  readonly aws: AwsProxy;
  readonly pipeline: Pipeline;
  readonly parts: Parts;
  /** Of the experiment group, as it is now. */
  readonly environmentOfApi: Readonly<Record<string, string>>;
  /** A superuser's client on a shard. */
  admin(shard: number): Promise<pg.Client>;
  /** How many rows the outboxes hold. */
  waitingEvents(): Promise<number>;
  /** Tenants of this world have names that begin so. */
  readonly tenantPrefix: string;
}

const program = (name: string): string => join(import.meta.dirname, `${name}.ts`);

const placeOf = (url: string) => {
  const { hostname: host, port } = new URL(url);
  return { host, port: Number(port) };
};

const proxied = async (shards: readonly ShardConnection[], recorder?: IoRecorder) => {
  const proxies = await Promise.all(
    shards.map((shard) => postgresProxy(shard, recorder?.watch(`postgres-${shard.id}`))),
  );
  const places = shards.map((shard, i) => ({
    ...shard,
    host: '127.0.0.1',
    port: proxies[i]?.port ?? 0,
  }));
  return { proxies, places };
};

/** A new consumer group that begins where the topic ends. */
const groupAtEnd = async (brokers: readonly string[], group: string): Promise<void> => {
  const topic = 'ledger.account.v1';
  const admin = kafkaClient({ brokers, clientId: group, auth: 'none' }).admin();
  await admin.connect();
  try {
    // Of a topic that was only just made the leaders are not known at once.
    const offsets = await pollUntil(
      () => admin.fetchTopicOffsets(topic).catch(() => []),
      (found) => found.length > 0,
    );
    const partitions = offsets.map(({ partition, high }) => ({ partition, offset: high }));
    await admin.setOffsets({ groupId: group, topic, partitions });
  } finally {
    await admin.disconnect();
  }
};

const startPipeline = async (
  { database, environment }: TestSurroundings,
  tenantPrefix: string,
): Promise<Pipeline> => {
  const { kafkaBrokers: brokers, awsEndpoint } = testServices();
  const group = `${tenantPrefix}pipeline`;
  await groupAtEnd(brokers, group);
  const recorder = ioRecorder();
  const { proxies, places } = await proxied(database.relay, recorder);
  const aws = await awsProxy(awsEndpoint, recorder.watch('aws'));
  const kafka = await kafkaProxy(placeOf(`kafka://${brokers[0]}`), recorder.watch('kafka'));
  const settings: PipelineSettings = {
    shards: places,
    brokers: [`127.0.0.1:${kafka.port}`],
    group,
    tenantPrefix,
  };
  const own = { AWS_ENDPOINT_URL: aws.url, ATLAS_CHAOS_PIPELINE: JSON.stringify(settings) };
  const process = await serverProcess({
    program: program('pipeline-program'),
    environment: { ...environment, ...own },
  });
  return { process, postgres: proxies, aws, kafka, group, recorder };
};

const startApi = async ({ database, environment }: TestSurroundings) => {
  const { proxies, places } = await proxied(database.api);
  const aws = await awsProxy(testServices().awsEndpoint);
  const shards = places.map(({ id, host, port, database: name, tls }) => ({
    ...{ id, host, port, database: name, tls },
  }));
  const queue = new URL(environment.ATLAS_INTAKE_QUEUE_URL ?? '').pathname;
  const own = {
    ...environment,
    ATLAS_SHARDS: JSON.stringify(shards),
    AWS_ENDPOINT_URL: aws.url,
    ATLAS_INTAKE_QUEUE_URL: `${aws.url}${queue}`,
  };
  const api = await serverProcess({ program: program('api-program'), environment: own });
  return { api, postgres: proxies, aws, environmentOfApi: own };
};

/** The world as experiments run on it. */
export interface ChaosSubject extends Subject<World> {
  close(): Promise<void>;
}

export const startWorld = async (): Promise<ChaosSubject> => {
  const surroundings = await testSurroundings();
  const { kafkaBrokers: brokers, postgresAdminUrls } = testServices();
  await ensureTopics({ brokers, clientId: 'chaos', auth: 'none' }, topics);
  const tenantPrefix = `chaos-${randomUUID().slice(0, 8)}-`;
  const [pipeline, own, control] = await Promise.all([
    startPipeline(surroundings, tenantPrefix),
    startApi(surroundings),
    serverProcess({ program: program('api-program'), environment: surroundings.environment }),
  ]);
  const { database, issuer } = surroundings;
  const backstage: Backstage = {
    brokers,
    postgresUrls: database.api.map((shard, i) => {
      const url = new URL(postgresAdminUrls[i] ?? '');
      url.pathname = `/${shard.database}`;
      return url.toString();
    }),
  };
  const world: World = {
    ...surroundings,
    ...own,
    pipeline,
    tenantPrefix,
    parts: runningParts(),
    admin: (shard) => database.admin(shard),
    waitingEvents: () => waitingIn(backstage),
  };
  const proxies = [...own.postgres, own.aws, ...pipeline.postgres, pipeline.aws, pipeline.kafka];
  const endsNow = async () =>
    new Map(
      await Promise.all(
        topics.map(async ({ name }) => [name, await topicEnds(brokers, name)] as const),
      ),
    );
  let since: Awaited<ReturnType<typeof endsNow>> = new Map();
  let run = 0;

  const recordOf = async ({ tenant, load, answers, client }: GroupLoad): Promise<GroupRecord> => {
    const sources = await readSources({ ...backstage, since }, tenant);
    const viewed = await readView(client, sources.accounts, settlingMs);
    return { load, answers, history: { ...load, ...sources, viewed } };
  };

  return {
    world,
    async begin() {
      run += 1;
      since = await endsNow();
      const open = async (name: string, url: string, foreign: () => readonly string[]) => {
        const tenant = `${tenantPrefix}${run}-${name}`;
        const token = await issuer.token({ tenant });
        const more = { writers: name === 'control' ? 1 : 3, pauseMs: 15, accountsPerShard: 3 };
        return startGroup({
          ...{ api: apiAt(url), tenant, token, foreign, shards: database.api.length },
          ...more,
        });
      };
      const groups: Partial<Groups> = {};
      const [experiment, controlGroup] = await Promise.all([
        open('experiment', own.api.url, () => groups.control?.accounts ?? []),
        open('control', control.url, () => groups.experiment?.accounts ?? []),
      ]);
      return Object.assign(groups, { experiment, control: controlGroup });
    },
    async heal() {
      for (const proxy of proxies) proxy.heal();
      for (const process of [own.api, control, pipeline.process]) {
        process.resume();
        if (process.isDead()) await process.restart();
      }
    },
    async record(groups) {
      await untilDrained(backstage, settlingMs);
      const [experiment, control] = [
        await recordOf(groups.experiment),
        await recordOf(groups.control),
      ];
      return { experiment, control };
    },
    async close() {
      await Promise.all([own.api, control, pipeline.process].map((process) => process.close()));
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await database.drop();
    },
  };
};

/** So long nothing may move before it counts as all there will be. */
const settlingMs = 20_000;

const apiAt = (url: string): Api => apiOver(httpApi(url));
