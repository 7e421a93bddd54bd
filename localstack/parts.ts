import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ListrTask } from 'listr2';
import type { LocalEndpoints } from '../lib/endpoints.ts';
import { databaseName } from './databases.ts';
import { jwksOf, localAudience, localIssuer } from './issuer.ts';
import { startKafka } from './native/kafka.ts';
import { startMinistack } from './native/ministack.ts';
import { type PostgresServer, startShard, startStandby } from './native/postgres.ts';
import { startTraceCollectorProcess } from './native/trace-collector.ts';
import { startValkey } from './native/valkey.ts';
import type { PortName, Ports } from './ports.ts';
import type { LocalSecrets } from './secrets.ts';
import { Trouble } from './trouble.ts';

/** How the parts run, and where they are seen from. */
export interface Parts {
  /** Ports that must be free for parts that do not run yet, by part. */
  readonly ports: Readonly<Record<string, readonly PortName[]>>;
  readonly tasks: ListrTask[];
  /** As processes on this machine see them. */
  readonly endpoints: LocalEndpoints;
  /** As functions see them, which may run in containers. */
  readonly functionEndpoints: LocalEndpoints;
}

export interface PartsOptions {
  readonly profile: string;
  readonly ports: Ports;
  readonly secrets: LocalSecrets;
  /** An emulator that somebody else runs. */
  readonly awsEndpoint?: string | undefined;
}

const endpointsOf = ({ ports, secrets, awsEndpoint }: PartsOptions): LocalEndpoints => ({
  shards: [ports.postgres0, ports.postgres1].map((port, id) => ({
    id,
    host: '127.0.0.1',
    port,
    database: databaseName,
    tls: false,
  })),
  kafkaBrokers: `127.0.0.1:${ports.kafka}`,
  auth: { issuer: localIssuer, audience: localAudience, jwks: jwksOf(secrets.issuerKey) },
  signingKey: secrets.signingKey,
  webhookKey: secrets.webhookKey,
  passwords: secrets.passwords,
  valkeyUrl: `redis://127.0.0.1:${ports.valkey}`,
  awsEndpoint: awsEndpoint ?? `http://127.0.0.1:${ports.aws}`,
  tracesEndpoint: `http://127.0.0.1:${ports.traces}`,
});

/** Every part as a process of its own, from package registries. */
export const nativeParts = (options: PartsOptions): Parts => {
  const { profile, ports, secrets } = options;
  const server = (name: string, port: number): PostgresServer => ({
    profile,
    name,
    port,
    password: secrets.postgres,
  });
  const first = server('postgres-0', ports.postgres0);
  const endpoints = endpointsOf(options);
  const ownEmulator = options.awsEndpoint === undefined;
  return {
    ports: {
      'postgres-0': ['postgres0'],
      'postgres-1': ['postgres1'],
      'standby-0': ['standby0'],
      kafka: ['kafka', 'kafkaController'],
      valkey: ['valkey'],
      'trace-collector': ['traces'],
      ...(ownEmulator ? { aws: ['aws'] } : {}),
    },
    tasks: [
      {
        title: 'Postgres: two shards, and a standby of the first',
        task: async () => {
          await Promise.all([
            startShard(first).then(() => startStandby(server('standby-0', ports.standby0), first)),
            startShard(server('postgres-1', ports.postgres1)),
          ]);
        },
      },
      {
        title: 'Kafka',
        task: async () => {
          await startKafka(profile, ports.kafka, ports.kafkaController);
        },
      },
      {
        title: 'Valkey',
        task: async () => {
          await startValkey(profile, ports.valkey);
        },
      },
      {
        title: 'Trace collector',
        task: async () => {
          await startTraceCollectorProcess(profile, ports.traces);
        },
      },
      ...(ownEmulator
        ? [
            {
              title: 'AWS emulator',
              task: async () => {
                await startMinistack(profile, ports.aws);
              },
            },
          ]
        : []),
    ],
    endpoints,
    functionEndpoints: endpoints,
  };
};

export const composeFile = join(import.meta.dirname, 'docker-compose.yml');

export const compose = async (
  arguments_: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> => {
  try {
    await promisify(execFile)('docker', ['compose', '-f', composeFile, ...arguments_], {
      env: { ...process.env, ...environment },
    });
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Trouble(`docker compose ${arguments_[0]} failed:\n${stderr.trim()}`);
  }
};

export const composeEnvironment = (ports: Ports, secrets: LocalSecrets) => ({
  ATLAS_POSTGRES_ADMIN_PASSWORD: secrets.postgres,
  ...Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [
      `ATLAS_PORT_${name.replaceAll(/([A-Z]|\d+)/g, '_$1').toUpperCase()}`,
      String(port),
    ]),
  ),
});

/** Every part as a container. Functions run in containers too, and see the others by their names. */
export const dockerParts = (options: PartsOptions): Parts => {
  const endpoints = endpointsOf(options);
  return {
    ports: {},
    tasks: [
      {
        title: 'Containers: LocalStack, Postgres, Kafka, Valkey, Jaeger',
        task: () =>
          compose(['up', '-d', '--wait'], composeEnvironment(options.ports, options.secrets)),
      },
    ],
    endpoints,
    functionEndpoints: {
      ...endpoints,
      shards: endpoints.shards.map((shard) => ({
        ...shard,
        host: `postgres-${shard.id}`,
        port: 5432,
      })),
      kafkaBrokers: 'kafka:19092',
      valkeyUrl: 'redis://valkey:6379',
      awsEndpoint: 'http://localstack:4566',
      tracesEndpoint: 'http://jaeger:4318',
    },
  };
};
