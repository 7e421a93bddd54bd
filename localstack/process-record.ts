import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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
const birthFile = (profile: string, name: string): string =>
  join(runFolder(profile), `${name}.birth`);

const isLinux = process.platform === 'linux';

/** When the process with this pid was started, in the system's own terms; undefined if it is gone. */
const startTimeOf = (pid: number): string | undefined => {
  if (isLinux) {
    try {
      return startTimeIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return undefined;
    }
  }
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return startTimeIn(stdout);
};

const startTimeIn = (text: string): string | undefined => {
  if (!isLinux) return text.trim() || undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19]?.trim();
};

/**
 * The child writes down its own pid and start time before it becomes the program, so that it can be
 * stopped even when whoever started it was killed in the same instant.
 */
const bornAs = `{ echo $$; ${isLinux ? 'cat /proc/$$/stat' : 'ps -o lstart= -p $$'}; } > "$0.new" &&
  mv "$0.new" "$0" && exec "$@"`;

const birthOf = (profile: string, name: string): { pid: number; startTime: string } | undefined => {
  const file = birthFile(profile, name);
  if (!existsSync(file)) return undefined;
  const [pid = '', ...rest] = readFileSync(file, 'utf8').split('\n');
  return { pid: Number(pid), startTime: startTimeIn(rest.join('\n')) ?? '' };
};

export const isAlive = (record: ProcessRecord): boolean =>
  record.pid > 0 && startTimeOf(record.pid) === record.startTime;

/** Starts a process that outlives this one, with its output in a log file, and remembers it. */
export const startProcess = async (wanted: ProcessToStart): Promise<ProcessRecord> => {
  const logs = join(profileFolder(wanted.profile), 'logs');
  await mkdir(logs, { recursive: true });
  await mkdir(runFolder(wanted.profile), { recursive: true });
  const log = join(logs, `${wanted.name}.log`);
  const output = openSync(log, 'a');
  const record = { name: wanted.name, stopSignal: wanted.stopSignal ?? 'SIGTERM', log };
  const birth = birthFile(wanted.profile, wanted.name);
  rmSync(birth, { force: true });
  writeFileSync(recordFile(wanted.profile, wanted.name), JSON.stringify(record));
  const child = spawn('/bin/sh', ['-c', bornAs, birth, ...wanted.command], {
    detached: true,
    stdio: ['ignore', output, output],
    env: wanted.environment ?? process.env,
    cwd: profileFolder(wanted.profile),
  });
  closeSync(output);
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  child.unref();
  const deadline = Date.now() + birthTimeoutMs;
  for (;;) {
    const born = birthOf(wanted.profile, wanted.name);
    if (born !== undefined) return { ...record, ...born };
    if (failure !== undefined || Date.now() > deadline) {
      throw new Trouble(`${wanted.name} cannot be started: ${failure?.message ?? 'no sign of it'}`);
    }
    await sleep(2);
  }
};

const birthTimeoutMs = 10_000;

export const recordsOf = (profile: string): ProcessRecord[] => {
  const folder = runFolder(profile);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => {
      const record = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      return { pid: 0, startTime: '', ...record, ...birthOf(profile, record.name) };
    });
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
export const stopProcess = async (
  profile: string,
  record: ProcessRecord,
  timeoutMs = stopTimeoutMs,
): Promise<void> => {
  for (const signal of [record.stopSignal, 'SIGKILL'] as const) {
    if (!isAlive(record)) break;
    try {
      process.kill(record.pid, signal);
    } catch {
      break;
    }
    const deadline = Date.now() + timeoutMs;
    while (isAlive(record) && Date.now() < deadline) await sleep(20);
  }
  rmSync(recordFile(profile, record.name), { force: true });
  rmSync(birthFile(profile, record.name), { force: true });
};
