import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { consumers, endpoints, folders as kinds, topics } from '../../../functions/manifest.ts';

const functions = join(import.meta.dirname, '..', '..', '..', 'functions');

/** What is no function: what several functions use. */
const shared = ['description', 'schemas', 'search', 'services', 'tracing'];

/** Handlers without a row, rows without a handler, and folders of handlers that nobody knows. */
const disagreements = (root: string): string[] => {
  const names = (folder: string, suffix: string) =>
    existsSync(folder) ? readdirSync(folder).map((file) => basename(file, suffix)) : [];
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  const known = [...Object.keys(kinds), ...shared];
  return [
    ...folders.filter((folder) => !known.includes(folder)).map((folder) => `no kind: ${folder}`),
    ...Object.entries(kinds).flatMap(([folder, manifested]) => {
      const rows: readonly string[] = manifested.map((row) => row.name);
      const files = names(join(root, folder), '.ts');
      return [
        ...files.filter((file) => !rows.includes(file)).map((file) => `no row: ${folder}/${file}`),
        ...rows.filter((row) => !files.includes(row)).map((row) => `no file: ${folder}/${row}`),
      ];
    }),
  ];
};

/** What is found in a copy of the folder that somebody has changed. */
const disagreementsAfter = (change: (copy: string) => void): string[] => {
  const copy = mkdtempSync(join(tmpdir(), 'atlas-functions-'));
  try {
    cpSync(functions, copy, { recursive: true });
    change(copy);
    return disagreements(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
};

describe('the manifest', () => {
  it('agrees with the folders of functions, both ways', () => {
    expect(disagreements(functions)).toEqual([]);
    for (const rows of Object.values(kinds)) expect(rows.length).toBeGreaterThan(0);
  });

  it.each(Object.keys(kinds))('is found to lack a handler that is planted in %s', (folder) => {
    const found = disagreementsAfter((copy) =>
      writeFileSync(join(copy, folder, 'planted.ts'), 'export const handler = () => {};'),
    );
    expect(found).toEqual([`no row: ${folder}/planted`]);
  });

  it('is found to list a handler that is gone, and to know nothing of a new folder', () => {
    const gone = disagreementsAfter((copy) => rmSync(join(copy, 'api', 'post-transfer.ts')));
    expect(gone).toEqual(['no file: api/post-transfer']);
    const moved = disagreementsAfter((copy) => mkdirSync(join(copy, 'hooks')));
    expect(moved).toEqual(['no kind: hooks']);
  });

  it('names every function and every route once', () => {
    const names = Object.values(kinds).flatMap((rows) => rows.map((row) => row.name));
    const routes = endpoints.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(routes).size).toBe(routes.length);
  });

  it('demands a key of every POST and PATCH, and of nothing else', () => {
    for (const { method, idempotency } of endpoints) {
      expect(idempotency === 'none').toBe(method === 'GET');
    }
  });

  it('leaves nothing public but health and the description of the API', () => {
    const open = endpoints.filter(({ scopes }) => scopes === 'public').map(({ name }) => name);
    expect(open).toEqual(['check-liveness', 'check-readiness', 'read-openapi', 'read-docs']);
  });

  it('gives each consumer a topic that exists, and one for what it cannot handle', () => {
    const known: readonly string[] = topics.map((topic) => topic.name);
    for (const { name, topic } of consumers) {
      expect(known).toContain(topic);
      expect(known).toContain(`${name}.failed.v1`);
    }
  });
});
