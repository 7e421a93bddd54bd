import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildFingerprint } from '../../../tools/build-fingerprint.ts';

let root: string;

const write = async (file: string, text: string): Promise<void> => {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text);
};

const fingerprint = (...how: string[]) => buildFingerprint(root, how);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'atlas-fingerprint-'));
  await write('functions/api/one.ts', 'export const one = 1;');
  await write('layers/postgres/migrations/0001.sql', 'SELECT 1;');
  await write('package-lock.json', '{}');
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('the fingerprint of a build', () => {
  it('is the same while nothing changes, wherever the project lies', async () => {
    const before = await fingerprint();
    await write('docs/page.md', 'of no bundle');
    await write('functions/node_modules/some/index.js', 'as package-lock.json has it');
    expect(await fingerprint()).toBe(before);

    const other = `${root}-elsewhere`;
    const here = root;
    root = other;
    await write('functions/api/one.ts', 'export const one = 1;');
    await write('layers/postgres/migrations/0001.sql', 'SELECT 1;');
    await write('package-lock.json', '{}');
    expect(await fingerprint()).toBe(before);
    await rm(other, { recursive: true });
    root = here;
  });

  it.each([
    ['functions/api/one.ts', 'export const one = 2;'],
    ['functions/api/two.ts', ''],
    ['layers/postgres/migrations/0001.sql', 'SELECT 2;'],
    ['lib/stages/local.json', '{}'],
    ['package-lock.json', '{ "packages": {} }'],
  ])('is another when %s changes', async (file, text) => {
    const before = await fingerprint();
    await write(file, text);
    expect(await fingerprint()).not.toBe(before);
  });

  it('is another when a file is renamed, or goes', async () => {
    const before = await fingerprint();
    await rm(join(root, 'functions/api/one.ts'));
    const without = await fingerprint();
    await write('functions/api/first.ts', 'export const one = 1;');
    expect(new Set([before, without, await fingerprint()]).size).toBe(3);
  });

  it('is another for another form', async () => {
    expect(await fingerprint('--tracing', 'xray')).not.toBe(await fingerprint());
  });
});
