import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { appendFile, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { profileFolder, toolsFolder } from '../paths.ts';
import { type ProcessRecord, recordOf, startProcess, untilReady } from '../process-record.ts';
import { Trouble } from '../trouble.ts';

/** Runs one of PostgreSQL's programs to its end, as the user that PostgreSQL runs as. */
const execute = async (
  name: string,
  options: readonly string[],
  surroundings: { readonly env: Record<string, string>; readonly cwd: string },
): Promise<void> => {
  const [program, ...all] = unprivileged(join(postgresBin(), name), ...options);
  try {
    await promisify(execFile)(program, all, surroundings);
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    throw new Trouble(`${name} failed:\n${stderr.trim() || message}`);
  }
};

export interface PostgresServer {
  readonly profile: string;
  /** postgres-0, postgres-1, standby-0 */
  readonly name: string;
  readonly port: number;
  readonly password: string;
}

export const postgresBin = (): string => {
  const pattern = 'python/lib/python3*/site-packages/embedded_postgres/pginstall/bin';
  const [found] = globSync(pattern, { cwd: toolsFolder });
  if (found === undefined) throw new Trouble('PostgreSQL is not installed: run make up');
  return join(toolsFolder, found);
};

/**
 * PostgreSQL refuses to run as root. For root it runs as nobody, who may still enter the folders of
 * a clone that only root can read. access(2), with which PostgreSQL looks for its own programs,
 * leaves the capabilities of a process aside unless its securebits say that they stay.
 */
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const unprivileged = (program: string, ...options: string[]): [string, ...string[]] =>
  isRoot
    ? [
        'setpriv',
        `--reuid=${nobody}`,
        `--regid=${nobody}`,
        '--clear-groups',
        '--securebits=+no_setuid_fixup',
        '--inh-caps=+dac_override,+dac_read_search',
        '--ambient-caps=+dac_override,+dac_read_search',
        program,
        ...options,
      ]
    : [program, ...options];

export const postgresUrl = ({ port, password }: PostgresServer, database = 'postgres'): string =>
  `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;

const settings = (server: PostgresServer, folder: string): string => `
listen_addresses = '127.0.0.1'
port = ${server.port}
unix_socket_directories = '${folder}'
max_connections = 200
shared_buffers = 128MB
wal_level = logical
max_wal_senders = 10
max_prepared_transactions = 50
max_locks_per_transaction = 256
hot_standby_feedback = on
log_min_messages = warning
`;

const clean = (server: PostgresServer): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  LC_ALL: 'C.UTF-8',
  PGPASSWORD: server.password,
});

const prepare = async (data: string): Promise<void> => {
  const folder = join(data, '..');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (isRoot) await chown(folder, nobody, nobody);
};

/** Starts a shard, whose data is made at its first start and kept between starts. */
export const startShard = async (server: PostgresServer): Promise<ProcessRecord> => {
  const running = recordOf(server.profile, server.name);
  if (running !== undefined) return running;
  const folder = join(profileFolder(server.profile), 'data', server.name);
  const data = join(folder, 'pgdata');
  if (!existsSync(join(data, 'atlas.conf'))) {
    await prepare(data);
    const passwordFile = join(folder, 'password');
    await writeFile(passwordFile, server.password, { mode: 0o600 });
    if (isRoot) await chown(passwordFile, nobody, nobody);
    const options = [
      ...['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`],
      ...['-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    ];
    await execute('initdb', options, { env: clean(server), cwd: folder });
    await rm(passwordFile);
    await appendFile(join(data, 'postgresql.conf'), "include 'atlas.conf'\n");
  }
  return launch(server, folder, data);
};

/** Starts a standby that streams from a running shard; made anew from it at its first start. */
export const startStandby = async (
  server: PostgresServer,
  primary: PostgresServer,
): Promise<ProcessRecord> => {
  const running = recordOf(server.profile, server.name);
  if (running !== undefined) return running;
  const folder = join(profileFolder(server.profile), 'data', server.name);
  const data = join(folder, 'pgdata');
  if (!existsSync(join(data, 'atlas.conf'))) {
    await prepare(data);
    const options = [
      ...['-D', data, '-R', '-X', 'stream', '--checkpoint=fast', '--no-sync'],
      ...['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'postgres'],
    ];
    await execute('pg_basebackup', options, { env: clean(primary), cwd: folder });
  }
  return launch(server, folder, data);
};

const launch = async (
  server: PostgresServer,
  folder: string,
  data: string,
): Promise<ProcessRecord> => {
  const file = join(data, 'atlas.conf');
  await writeFile(file, settings(server, folder));
  if (isRoot) await chown(file, nobody, nobody);
  const record = await startProcess({
    profile: server.profile,
    name: server.name,
    command: unprivileged(join(postgresBin(), 'postgres'), '-D', data),
    environment: clean(server),
    // Fast shutdown: disconnects clients and leaves a clean data folder.
    stopSignal: 'SIGINT',
  });
  await untilReady(record, () => answers(server));
  return record;
};

const answers = async (server: PostgresServer): Promise<boolean> => {
  const client = new pg.Client({ connectionString: postgresUrl(server) });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } finally {
    await client.end().catch(() => {});
  }
};
