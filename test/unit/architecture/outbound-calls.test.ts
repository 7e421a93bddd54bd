import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');

/** Ways out of the process, by what a source says when it takes one. */
const wayOut =
  /\.send\(|\bfetch\(|\bnew pg\.(?:Pool|Client)\(|\bsendBatch\(|\brequestHttps?\(|\bconnect\(/g;
/** What bounds a call, and must be around it. */
const guarded = /\b(?:awsCall|guardedCall|guard\.run)\((?:(?!;\n).)*$/s;

/** Where a way out is bounded by other means, and by which. */
const others: Readonly<Record<string, string>> = {
  'layers/postgres/src/shard.ts': 'a timer of what is left of the deadline',
  'layers/postgres/src/migrate.ts': 'runs at deployment, where nobody waits for an answer',
  'layers/dynamodb/src/breaker-store.ts': 'the breaker waits 250 ms for it',
  'layers/kafka/src/kafka-event-log.ts': 'the time-outs of the client, and the guard of its caller',
  'layers/kafka/src/ensure-topics.ts': 'runs at deployment',
  'layers/kafka/src/consumer-lag.ts': 'the guard of its caller',
  'layers/runtime/src/metrics/emulated-cloudwatch.ts': 'only offline, and given up after a second',
  'functions/services/logs/search-domain.ts': 'runs at deployment, each call with a time-out',
  'functions/services/dependency-checks.ts': 'the time-out of the health check',
};

const unguardedIn = (source: string): readonly string[] =>
  [...source.matchAll(wayOut)]
    .filter(({ index }) => !guarded.test(source.slice(Math.max(0, index - 400), index)))
    .map(([way]) => way);

const sources = globSync('{functions,layers/*/src}/**/*.ts', { cwd: root });

describe('a way out of the process', () => {
  it('is bounded, everywhere', () => {
    expect(sources.length).toBeGreaterThan(100);
    const found = new Map<string, readonly string[]>();
    for (const path of sources) {
      const ways = unguardedIn(readFileSync(join(root, path), 'utf8'));
      if (ways.length > 0) found.set(path, ways);
    }
    expect([...found.keys()].toSorted()).toEqual(Object.keys(others).toSorted());
  });

  it.each([
    'await client().send(command);',
    "const answer = await fetch('https://example.com');",
    'const pool = new pg.Pool({ host });',
    'await awsCall(guard, context, work);\nawait client().send(command);',
  ])('is noticed: %s', (source) => {
    expect(unguardedIn(source)).toHaveLength(1);
  });

  it('is passed where a guard is around it', () => {
    const source =
      'await awsCall(guardOf("s3"), context, (how) =>\n  client().send(command, how),\n);';
    expect(unguardedIn(source)).toEqual([]);
  });
});
