import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const folders: string[] = [];

/** A copy of the sources, with one file added or replaced. */
const plant = (file?: string, text = ''): string => {
  const copy = mkdtempSync(join(tmpdir(), 'atlas-imports-'));
  folders.push(copy);
  for (const part of ['functions', 'lib', 'bin', 'localstack']) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  for (const layer of ['domain', 'postgres', 'kafka', 'dynamodb', 'tracing', 'runtime']) {
    const source = join('layers', layer, 'src');
    cpSync(join(root, source), join(copy, source), { recursive: true });
  }
  if (file !== undefined) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), text);
  }
  return copy;
};

const check = (folder: string) =>
  spawnSync('node', [join(root, 'tools', 'check-imports.ts'), folder], { encoding: 'utf8' });

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('the import direction', () => {
  it('holds in this repository', () => {
    expect(check(plant())).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    ['layers/domain/src/planted.ts', "import pg from 'pg';"],
    ['layers/domain/src/planted.ts', "export * from '@atlas/postgres';"],
    ['layers/postgres/src/planted.ts', "import { x } from '@atlas/runtime';"],
    ['layers/kafka/src/planted.ts', "import { topics } from '../../../functions/manifest.ts';"],
    ['functions/api/planted.ts', "import { x } from '@atlas/tracing/opentelemetry';"],
    ['layers/runtime/src/planted.ts', "import { x } from '@atlas/tracing/xray';"],
    ['lib/planted.ts', "import { handler } from '../functions/api/post-transfer.ts';"],
    ['lib/planted.ts', "const late = import('@atlas/postgres');"],
    ['functions/api/planted.ts', "import { thing } from '../../lib/stage.ts';"],
    ['functions/manifest.ts', "import { x } from '@atlas/domain';"],
    ['layers/domain/src/planted.ts', "import { readFileSync } from 'node:fs';"],
    ['layers/dynamodb/src/planted.ts', "import { x } from '../../postgres/src/index.ts';"],
    ['layers/postgres/src/planted.mjs', "import { x } from '@atlas/kafka';"],
    ['layers/runtime/src/planted.ts', "const pg = require('@atlas/postgres');"],
    ['layers/planted/src/index.ts', "export * from '@atlas/domain';"],
    ['functions/api/planted.ts', 'const stage = process.env.ATLAS_STAGE;'],
    ['functions/api/planted.ts', "const stage = process['env']['ATLAS_STAGE'];"],
    ['layers/postgres/src/planted.ts', "import { env } from 'node:process';"],
    ['lib/planted.ts', 'const { ATLAS_STAGE } = process.env;'],
    ['layers/domain/src/planted.ts', 'export const id = crypto.randomUUID();'],
    ['layers/domain/src/planted.ts', 'export const now = () => new Date();'],
  ])('is violated by %s with %s', (file, text) => {
    const { status, stderr } = check(plant(file, text));
    expect(status).toBe(1);
    expect(stderr).toContain(`${file}:1`);
  });

  it('is not said to hold where there is nothing to look at', () => {
    const empty = mkdtempSync(join(tmpdir(), 'atlas-imports-'));
    folders.push(empty);
    expect(check(empty).status).toBe(1);
  });

  it('is not said to hold where a layer was not looked at', () => {
    const copy = plant();
    rmSync(join(copy, 'layers', 'kafka'), { recursive: true });
    const { status, stderr } = check(copy);
    expect(status).toBe(1);
    expect(stderr).toContain('there is no module in layers/kafka/');
  });
});
