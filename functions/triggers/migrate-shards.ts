import { join } from 'node:path';
import { migrate } from '@atlas/postgres';
import { migrationConfig, type ShardAdmin } from '@atlas/runtime';
import { background } from '../background.ts';
import { triggers } from '../manifest.ts';
import { createTopics } from '../services/topics.ts';

const [settings] = triggers;

/** What CloudFormation's custom resource framework (a Provider) hands to its handler. */
interface ResourceEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
}

/**
 * Brings every shard to the newest schema and creates the topics that are missing, at each
 * deployment and before anything serves requests. Deleting the stack leaves data alone.
 */
export const handler = background(settings, async (event: ResourceEvent, run) => {
  if (event.RequestType === 'Delete') return { PhysicalResourceId: settings.name };
  const { shards } = migrationConfig();
  for (const shard of shards) {
    const applied = await migrate({
      admin: await adminOf(shard),
      directory: join(__dirname, 'migrations'),
      shard: shard.id,
      shardCount: shards.length,
    });
    run.count('MigrationsApplied', applied.length);
  }
  run.count('TopicsCreated', (await createTopics()).length);
  return { PhysicalResourceId: settings.name };
});

/** The master user's name and password, as Aurora keeps them in Secrets Manager. */
const adminOf = async (shard: ShardAdmin) => {
  const { getSecret } = await import('@aws-lambda-powertools/parameters/secrets');
  const secret = await getSecret(shard.secretArn, { transform: 'json', forceFetch: true });
  const { username, password } = secret as { username: string; password: string };
  return {
    host: shard.host,
    port: shard.port,
    database: shard.database,
    user: username,
    password,
    ssl: { rejectUnauthorized: true },
  };
};
