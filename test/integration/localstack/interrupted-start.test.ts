import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { profileFolder, root } from '../../../localstack/paths.ts';
import { stopPlatform } from '../../../localstack/platform.ts';
import { isAlive, recordsOf } from '../../../localstack/process-record.ts';

let started: ChildProcess | undefined;
const profile = (): string => `test-${started?.pid}`;

afterEach(async () => {
  started?.kill('SIGKILL');
  await stopPlatform(profile());
  rmSync(profileFolder(profile()), { recursive: true, force: true });
});

const start = (command: string): ChildProcess => {
  const options = ['localstack/main.ts', 'with-services', '--', 'sh', '-c', command];
  started = spawn(process.execPath, options, { cwd: root, stdio: 'ignore' });
  return started;
};

const aliveParts = () =>
  recordsOf(profile())
    .filter(isAlive)
    .map(({ name }) => name);

describe('a signal to end', () => {
  it('while parts are starting stops what was started, and deletes its data', async () => {
    const child = start('sleep 60');
    const ended = once(child, 'exit');
    await vi.waitUntil(() => aliveParts().includes('postgres-1'), { timeout: 30_000 });
    const parts = recordsOf(profile()).filter(isAlive);

    child.kill('SIGINT');

    expect(await ended).toEqual([130, null]);
    expect(parts.filter(isAlive)).toEqual([]);
    expect(existsSync(profileFolder(profile()))).toBe(false);
  });

  it('while the command runs ends it, even one that does not listen, and then the parts', async () => {
    const marker = join(root, '.atlas', `runs-${process.pid}`);
    const child = start(`trap '' TERM; touch "${marker}"; for i in $(seq 60); do sleep 1; done`);
    const ended = once(child, 'exit');
    await vi.waitUntil(() => existsSync(marker), { timeout: 60_000 });
    rmSync(marker);

    child.kill('SIGTERM');

    expect(await ended).toEqual([130, null]);
    expect(existsSync(profileFolder(profile()))).toBe(false);
  });
});
