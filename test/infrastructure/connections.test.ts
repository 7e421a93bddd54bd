import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectionsPerShard, services } from '../../functions/manifest.ts';
import { connectionsOf, demandConnections } from '../../lib/connections.ts';
import { type AwsStage, readStage } from '../../lib/stage.ts';

const root = join(import.meta.dirname, '..', '..');

interface Metafile {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, unknown>> }>
  >;
}
const { outputs } = JSON.parse(
  readFileSync(join(root, '.atlas', 'build', 'bundled.meta.json'), 'utf8'),
) as Metafile;

/** How many connections to each shard the pools that are in a bundle keep together. */
const pooledIn = (name: string): number => {
  const output = Object.entries(outputs).find(([path]) => path.endsWith(`/${name}/index.js`));
  if (output === undefined) throw new Error(`there is no bundle of ${name}`);
  return Object.keys(output[1].inputs)
    .filter((path) => path.startsWith('functions/services/'))
    .flatMap((path) => [
      ...readFileSync(join(root, path), 'utf8').matchAll(/shardOptions\('([\w:]+)'\)/g),
    ])
    .reduce((sum, [, access]) => sum + connectionsPerShard[access as 'ledger:read'], 0);
};

const prod = readStage('prod') as AwsStage;

describe('connections to the shards', () => {
  it.each(services)('of $name are no more than its accesses say', (row) => {
    expect(pooledIn(row.name)).toBeLessThanOrEqual(connectionsOf(row));
  });

  it('are counted: functions that post have some', () => {
    expect(pooledIn('post-transfer')).toBe(4);
    expect(pooledIn('read-openapi')).toBe(0);
  });

  it.each(['dev', 'prod'])('are there for all functions of %s at once', (name) => {
    expect(() => demandConnections(readStage(name) as AwsStage)).not.toThrow();
  });

  it.each([
    { reservedConcurrency: { critical: 90, default: 12, 'non-critical': 5 } },
    { capacity: { minAcu: 2, maxAcu: 16 } },
    { capacity: { minAcu: 0.5, maxAcu: 64 } },
  ])('that are not there stop the synthesis: %o', (more) => {
    expect(() => demandConnections({ ...prod, ...more })).toThrow('connections to each shard, and');
  });
});
