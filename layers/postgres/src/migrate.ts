import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

/** Of the roles that log in: atlas_api, atlas_relay, atlas_jobs and atlas_audit. */
export type RolePasswords = Readonly<Record<'api' | 'relay' | 'jobs' | 'audit', string>>;

export interface MigrateOptions {
  /** A role that may create roles and schemas: the superuser offline, the master user on AWS. */
  readonly admin: pg.ClientConfig;
  /** Where the `.sql` files are: a bundle carries them beside itself. */
  readonly directory: string;
  readonly shard: number;
  readonly shardCount: number;
  /** Set on every run, so that rotation needs no other way. Absent: the roles log in with IAM. */
  readonly passwords?: RolePasswords;
  readonly onApplied?: (name: string) => void;
}

/** Held while migrating, so that two deployments take turns. */
const migrationLock = 421_000;

/**
 * Brings one shard to the newest schema: every file in the order of its number, each in a
 * transaction of its own, once. Refuses to go on when a file that was applied has been changed.
 *
 * @returns the names of what was applied now, in order; empty when nothing was left to do
 */
export const migrate = async (options: MigrateOptions): Promise<readonly string[]> => {
  const files = (await readdir(options.directory)).filter((name) => name.endsWith('.sql')).sort();
  if (files.length === 0) throw new Error(`no migrations in ${options.directory}`);
  const client = new pg.Client(options.admin);
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    const known = await appliedMigrations(client);
    const applied: string[] = [];
    for (const name of files) {
      const sql = await readFile(join(options.directory, name), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      const before = known.get(name);
      if (before === checksum) continue;
      if (before !== undefined) {
        throw new Error(`${name} was applied and has been changed since: add a new migration`);
      }
      await apply(client, { name, sql, checksum }, options);
      applied.push(name);
      options.onApplied?.(name);
    }
    await setPasswords(client, options.passwords);
    return applied;
  } finally {
    await client.end();
  }
};

const appliedMigrations = async (client: pg.Client): Promise<Map<string, string>> => {
  await client.query(
    `CREATE TABLE IF NOT EXISTS public.atlas_migration (
       name text PRIMARY KEY, checksum text NOT NULL,
       applied_at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  );
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM public.atlas_migration',
  );
  return new Map(rows.map((row) => [row.name, row.checksum]));
};

const apply = async (
  client: pg.Client,
  file: { readonly name: string; readonly sql: string; readonly checksum: string },
  options: MigrateOptions,
): Promise<void> => {
  await client.query('BEGIN');
  try {
    await client.query(
      `SELECT set_config('atlas.shard', $1, true), set_config('atlas.shard_count', $2, true)`,
      [String(options.shard), String(options.shardCount)],
    );
    await client.query(file.sql);
    await client.query('RESET ROLE');
    await client.query('INSERT INTO public.atlas_migration (name, checksum) VALUES ($1, $2)', [
      file.name,
      file.checksum,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`migration ${file.name} failed: ${reason}`, { cause: error });
  }
};

const setPasswords = async (
  client: pg.Client,
  passwords: MigrateOptions['passwords'],
): Promise<void> => {
  const names = ['api', 'relay', 'jobs', 'audit'] as const;
  // A role that no migration has made yet gets its password when one has.
  const { rows } = await client.query<{ rolname: string }>(
    'SELECT rolname FROM pg_roles WHERE rolname = ANY ($1)',
    [names.map((name) => `atlas_${name}`)],
  );
  for (const name of names) {
    const role = `atlas_${name}`;
    if (!rows.some(({ rolname }) => rolname === role)) continue;
    await client.query(
      passwords === undefined
        ? `GRANT rds_iam TO ${role}`
        : `ALTER ROLE ${role} PASSWORD ${pg.escapeLiteral(passwords[name])}`,
    );
  }
};
