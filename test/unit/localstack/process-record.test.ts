import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { profileFolder } from '../../../localstack/paths.ts';
import {
  isAlive,
  recordOf,
  recordsOf,
  startProcess,
  stopProcess,
  untilReady,
} from '../../../localstack/process-record.ts';
import { pollUntil } from '../../support/poll.ts';

const profile = `test-records-${process.pid}`;
const start = (name: string, script: string) =>
  startProcess({ profile, name, command: [process.execPath, '-e', script] });
const forever = 'setInterval(() => {}, 1000)';

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

afterEach(async () => {
  for (const record of recordsOf(profile)) await stopProcess(profile, record, 500);
  rmSync(profileFolder(profile), { recursive: true, force: true });
});

describe('a recorded process', () => {
  it('runs under the pid that was written down, until it is stopped', async () => {
    const record = await start('steady', forever);

    expect(recordOf(profile, 'steady')).toEqual(record);
    expect(exists(record.pid)).toBe(true);

    await stopProcess(profile, record);
    expect(recordsOf(profile)).toEqual([]);
    expect(isAlive(record)).toBe(false);
  });

  it('is killed when it does not heed the polite signal in time', async () => {
    const record = await start(
      'stubborn',
      `process.on('SIGTERM', () => {}); console.log('up');${forever}`,
    );
    await untilReady(record, async () => readFileSync(record.log, 'utf8').includes('up'));

    await stopProcess(profile, record, 300);

    expect(isAlive(record)).toBe(false);
  });

  it('is left alone when its pid belongs to another process by now', async () => {
    const record = await start('reused', forever);
    const before = { ...record, startTime: '1' };

    await stopProcess(profile, before, 300);

    // Whoever goes by the pid alone kills a stranger here.
    expect(isAlive(record)).toBe(true);
    await stopProcess(profile, record);
  });

  it('that dies at its start says why, with the end of its log', async () => {
    const record = await start('broken', `console.error('no room for data'); process.exit(3)`);

    await expect(untilReady(record, async () => false)).rejects.toThrow(
      /broken died at its start.*\n.*no room for data/s,
    );
  });

  it('that is no program says so, too', async () => {
    const record = await startProcess({ profile, name: 'absent', command: ['/no/such/program'] });

    await expect(untilReady(record, async () => false)).rejects.toThrow('/no/such/program');
  });

  it('is known even when its starter was killed in the same instant', async () => {
    const module = join(import.meta.dirname, '../../../localstack/process-record.ts');
    // Whoever writes the record after the start leaves a process behind that nobody knows.
    const script = `
      const children = require('node:child_process');
      const spawn = children.spawn;
      children.spawn = (...given) => {
        spawn(...given);
        process.kill(process.pid, 'SIGKILL');
      };
      require('node:module').syncBuiltinESMExports();
      import(${JSON.stringify(module)}).then(({ startProcess }) => startProcess(${JSON.stringify({
        profile,
        name: 'orphan',
        command: [process.execPath, '-e', forever],
      })}));
    `;
    const starter = spawn(process.execPath, ['-e', script], { stdio: 'inherit' });
    const [, signal] = await once(starter, 'exit');
    expect(signal).toBe('SIGKILL');

    const record = await pollUntil(
      async () => recordOf(profile, 'orphan'),
      (found) => found !== undefined,
      5_000,
    );
    expect(record).toBeDefined();
    if (record === undefined) return;
    await stopProcess(profile, record);
    expect(isAlive(record)).toBe(false);
    expect(existsSync(join(profileFolder(profile), 'run', 'orphan.json'))).toBe(false);
  });
});
