import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { EndpointName } from '../../../functions/manifest.ts';
import { type AwsProxy, awsProxy } from '../../chaos/framework/injectors/aws-proxy.ts';
import { testServices } from '../../support/services.ts';
import { createTables } from '../../support/test-api.ts';
import { testIssuer } from '../../support/tokens.ts';
import { type BenchDatabase, benchDatabase } from '../bench-database.ts';
import { functionEnvironment } from '../handler-side.ts';
import { accountId, tenant } from '../posting-calls.ts';
import { buildFunctions, type Form } from './build-functions.ts';
import { type Front, startFront } from './front.ts';
import { type Generator, startGenerator } from './generator.ts';
import { viewedAccounts } from './routes.ts';

/** What load is put on: a front with functions behind it, and a generator before it. */
export interface Subject {
  readonly front: Front;
  readonly generator: Generator;
  close(): Promise<void>;
}

export interface SubjectWishes {
  readonly environments: Readonly<Partial<Record<EndpointName, number>>>;
  readonly form?: Form;
  /** Beside what the functions of every subject are given. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface LoadWorld {
  readonly database: BenchDatabase;
  /** The functions' way to DynamoDB. */
  readonly aws: AwsProxy;
  /** How often the read model was asked for a balance. */
  viewReads(): number;
  start(wishes: SubjectWishes): Promise<Subject>;
  close(): Promise<void>;
}

const region = 'us-east-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** A quota that nobody meets: leases are of a twentieth of a second, so they are rare. */
export const amplePerSecond = 200_000;

/** The read model of some accounts, as project-balances writes it. */
const fillView = async (endpoint: string, table: string): Promise<void> => {
  const client = new DynamoDBClient({ endpoint, region, credentials });
  for (let i = 0; i < viewedAccounts; i += 1) {
    const Item = {
      pk: { S: `${tenant}#${accountId(i)}` },
      asset: { S: 'EUR' },
      status: { S: 'open' },
      version: { N: '1' },
      balance: { N: '1' },
      pendingDebits: { N: '0' },
      pendingCredits: { N: '0' },
      recordedAt: { S: new Date().toISOString() },
      projectedAt: { S: new Date().toISOString() },
    };
    await client.send(new PutItemCommand({ TableName: table, Item }));
  }
  client.destroy();
};

/** Bundles and what functions write go into the folder. */
export const startWorld = async (folder: string): Promise<LoadWorld> => {
  await rm(join(folder, 'functions.log'), { force: true });
  await mkdir(folder, { recursive: true });
  const { awsEndpoint } = testServices();
  const database = await benchDatabase();
  const issuer = await testIssuer();
  const prefix = `load-${randomUUID().slice(0, 8)}`;
  const tables = {
    ATLAS_BALANCES_TABLE: `${prefix}-balances`,
    ATLAS_CHECKPOINTS_TABLE: `${prefix}-checkpoints`,
    ATLAS_BREAKERS_TABLE: `${prefix}-breakers`,
    ATLAS_QUOTAS_TABLE: `${prefix}-quotas`,
  };
  await createTables(
    awsEndpoint,
    Object.values(tables).map((name) => [name, 'pk']),
  );
  await fillView(awsEndpoint, tables.ATLAS_BALANCES_TABLE);
  let viewReads = 0;
  const aws = await awsProxy(awsEndpoint, (call, phase, body) => {
    const isOfView = body.includes(`"${tables.ATLAS_BALANCES_TABLE}"`);
    if (phase === 'sent' && call.endsWith('.GetItem') && isOfView) viewReads += 1;
    return 'pass';
  });
  return {
    database,
    aws,
    viewReads: () => viewReads,
    async start({ environments, form = 'with-toolkit', environment = {} }) {
      const names = Object.keys(environments) as EndpointName[];
      const files = await buildFunctions(names, form, join(folder, 'build', form));
      const front = await startFront({
        functions: Object.fromEntries(
          names.map((name) => [
            name,
            { file: files.get(name) ?? '', environments: environments[name] ?? 1 },
          ]),
        ),
        environment: {
          ...functionEnvironment(database, issuer),
          ...tables,
          ATLAS_QUOTA_PER_SECOND: String(amplePerSecond),
          ATLAS_QUOTA_BURST: String(2 * amplePerSecond),
          ATLAS_SIGNING_KEY: 'a key that only this suite uses, long',
          AWS_ENDPOINT_URL: aws.url,
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          ...environment,
        },
        databasePort: database.shard.port,
        errorLog: join(folder, 'functions.log'),
      });
      try {
        const token = await issuer.token({ tenant, expiresInSeconds: 12 * 3_600 });
        const generator = await startGenerator(front.port, token);
        return {
          front,
          generator,
          close: async () => {
            await generator.close();
            await front.close();
          },
        };
      } catch (error) {
        await front.close();
        throw error;
      }
    },
    async close() {
      await aws.close();
      await database.drop();
    },
  };
};
