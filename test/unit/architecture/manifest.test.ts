import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  consumers,
  endpoints,
  jobs,
  relays,
  topics,
  triggers,
} from '../../../functions/manifest.ts';

const functions = join(import.meta.dirname, '..', '..', '..', 'functions');
const kinds = { api: endpoints, consumers, relays, jobs, triggers } as const;

/** What the two lists do not have in common; both directions matter. */
const disagreement = (files: readonly string[], rows: readonly string[]) => ({
  unlisted: files.filter((file) => !rows.includes(file)),
  missing: rows.filter((row) => !files.includes(row)),
});

describe('the manifest', () => {
  it.each(Object.entries(kinds))('agrees with functions/%s', (folder, rows) => {
    const files = readdirSync(join(functions, folder)).map((file) => basename(file, '.ts'));
    expect(files.length).toBeGreaterThan(0);
    expect(
      disagreement(
        files,
        rows.map((row) => row.name),
      ),
    ).toEqual({ unlisted: [], missing: [] });
  });

  it('would be found to disagree with a planted handler, or a row without one', () => {
    const rows = endpoints.map((row) => row.name);
    expect(disagreement([...rows, 'planted'], rows).unlisted).toEqual(['planted']);
    expect(disagreement(rows.slice(1), rows).missing).toEqual([rows[0]]);
  });

  it('names every function and every route once', () => {
    const names = Object.values(kinds).flatMap((rows) => rows.map((row) => row.name));
    const routes = endpoints.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(routes).size).toBe(routes.length);
  });

  it('demands a key of every POST, and of nothing else', () => {
    for (const { method, idempotency } of endpoints) {
      expect(idempotency === 'none').toBe(method !== 'POST');
    }
  });

  it('leaves nothing public but health and the description of the API', () => {
    const open = endpoints.filter(({ scopes }) => scopes === 'public').map(({ name }) => name);
    expect(open).toEqual(['check-liveness', 'check-readiness', 'read-openapi']);
  });

  it('gives each consumer a topic that exists, and one for what it cannot handle', () => {
    const known: readonly string[] = topics.map((topic) => topic.name);
    for (const { name, topic } of consumers) {
      expect(known).toContain(topic);
      expect(known).toContain(`${name}.failed.v1`);
    }
  });
});
