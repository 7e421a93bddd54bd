import { spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { profileFolder } from './paths.ts';
import { Trouble } from './trouble.ts';

/** A process that was started, as it is remembered on disk: pids are reused, start times are not. */
export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  readonly startTime: string;
  readonly stopSignal: NodeJS.Signals;
  readonly log: string;
}

export interface ProcessToStart {
  readonly profile: string;
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
  /** SIGTERM, or what makes this program stop at once and cleanly. */
  readonly stopSignal?: NodeJS.Signals;
}

const runFolder = (profile: string): string => join(profileFolder(profile), 'run');
const recordFile = (profile: string, name: string): string =>
  join(runFolder(profile), `${name}.json`);

/** When the process with this pid was started, in the system's own terms; undefined if it is gone. */
const startTimeOf = (pid: number): string | undefined => {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() || undefined;
};

export const isAlive = (record: ProcessRecord): boolean =>
  startTimeOf(record.pid) === record.startTime;

/** Starts a process that outlives this one, with its output in a log file, and remembers it. */
export const startProcess = async (wanted: ProcessToStart): Promise<ProcessRecord> => {
  const logs = join(profileFolder(wanted.profile), 'logs');
  await mkdir(logs, { recursive: true });
  await mkdir(runFolder(wanted.profile), { recursive: true });
  const log = join(logs, `${wanted.name}.log`);
  const output = openSync(log, 'a');
  const [program, ...options] = wanted.command;
  const child = spawn(program, options, {
    detached: true,
    stdio: ['ignore', output, output],
    env: wanted.environment ?? process.env,
    cwd: profileFolder(wanted.profile),
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new Trouble(`${program}: ${error.message}`)));
  });
  const pid = await Promise.race([
    failed,
    new Promise<number>((resolve) => child.once('spawn', () => resolve(child.pid ?? 0))),
  ]);
  child.unref();
  const record: ProcessRecord = {
    name: wanted.name,
    pid,
    startTime: startTimeOf(pid) ?? '',
    stopSignal: wanted.stopSignal ?? 'SIGTERM',
    log,
  };
  writeFileSync(recordFile(wanted.profile, wanted.name), JSON.stringify(record));
  return record;
};

export const recordsOf = (profile: string): ProcessRecord[] => {
  const folder = runFolder(profile);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as ProcessRecord);
};

export const recordOf = (profile: string, name: string): ProcessRecord | undefined => {
  const found = recordsOf(profile).find((record) => record.name === name);
  return found !== undefined && isAlive(found) ? found : undefined;
};

/** Waits until `ready` answers true; a process that dies meanwhile ends the wait with its log. */
export const untilReady = async (
  record: ProcessRecord,
  ready: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> => {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await ready().catch(() => false)) return;
    if (!isAlive(record)) {
      throw new Trouble(
        `${record.name} died at its start. The end of ${record.log}:\n${tail(record)}`,
      );
    }
    if (Date.now() > deadline) {
      throw new Trouble(
        `${record.name} is not ready after ${timeoutMs / 1_000} s. The end of ${record.log}:\n${tail(record)}`,
      );
    }
    await sleep(50);
  }
};

const tail = (record: ProcessRecord): string =>
  readFileSync(record.log, 'utf8').trimEnd().split('\n').slice(-12).join('\n');

const stopTimeoutMs = 10_000;

/** Stops what was started, and only that: asks, waits ten seconds, then kills. */
export const stopProcess = async (profile: string, record: ProcessRecord): Promise<void> => {
  for (const signal of [record.stopSignal, 'SIGKILL'] as const) {
    if (!isAlive(record)) break;
    try {
      process.kill(record.pid, signal);
    } catch {
      break;
    }
    const deadline = Date.now() + stopTimeoutMs;
    while (isAlive(record) && Date.now() < deadline) await sleep(20);
  }
  rmSync(recordFile(profile, record.name), { force: true });
};
