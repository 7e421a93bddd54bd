import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { LedgerEventType } from '@atlas/domain';
import { eventError } from '@atlas/kafka';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { topics } from '../../../functions/manifest.ts';
import { incompatibilities, type Schema } from '../../support/schema-compatibility.ts';

const folder = join(import.meta.dirname, '../../../layers/kafka/schemas');

interface Version {
  readonly topic: string;
  readonly type: string;
  readonly version: number;
  readonly schema: Schema;
}

const versions: readonly Version[] = globSync('*/*.json', { cwd: folder }).map((file) => {
  const [type = '', version = ''] = basename(file, '.json').split('.v');
  return {
    topic: dirname(file),
    type,
    version: Number(version),
    schema: JSON.parse(readFileSync(join(folder, file), 'utf8')) as Schema,
  };
});

/** Every way in which a version cannot read what an earlier one of its type wrote. */
const breaches = (all: readonly Version[]): readonly string[] =>
  all.flatMap((later) =>
    all
      .filter(({ type, version }) => type === later.type && version < later.version)
      .flatMap((earlier) =>
        incompatibilities(later.schema, earlier.schema).map(
          (why) => `${later.type}.v${later.version} after v${earlier.version}${why}`,
        ),
      ),
  );

// A type that is missing here does not compile.
const everyType: Readonly<Record<LedgerEventType, true>> = {
  AccountOpened: true,
  AccountEntered: true,
  AccountMetadataChanged: true,
  AccountFrozen: true,
  AccountUnfrozen: true,
  AccountClosed: true,
  TransferPosted: true,
  HoldPlaced: true,
  HoldCaptured: true,
  HoldVoided: true,
  HoldExpired: true,
};

describe('the schemas of events', () => {
  it('exist for every event type, below a topic of the manifest, with an id of their own', () => {
    expect([...new Set(versions.map(({ type }) => type))].sort()).toEqual(
      Object.keys(everyType).sort(),
    );
    const known = new Set<string>(topics.map(({ name }) => name));
    for (const { topic, type, version, schema } of versions) {
      expect(known).toContain(topic);
      expect(schema).toMatchObject({
        $schema: 'http://json-schema.org/draft-07/schema#',
        $id: `urn:atlas:event:${type}:${version}`,
        title: type,
      });
      expect(() => new Ajv().compile({ ...schema })).not.toThrow();
      expect(eventError(type, {})).toMatch(/must have required property/);
    }
  });

  it('are numbered from one without a gap', () => {
    for (const type of Object.keys(everyType)) {
      const found = versions.filter((one) => one.type === type).map(({ version }) => version);
      expect(found.sort((a, b) => a - b)).toEqual(found.map((_, i) => i + 1));
    }
  });

  it('read whatever any earlier version wrote', () => {
    expect(breaches(versions)).toEqual([]);
  });
});

describe('the AsyncAPI document', () => {
  const text = readFileSync(join(folder, '../../../docs/architecture/asyncapi.yaml'), 'utf8');
  const found = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, one = '']) => one).sort();

  it('names every topic, and the newest schema of every event', () => {
    expect(found(/^ {4}address: (\S+)$/gm)).toEqual(topics.map(({ name }) => name).sort());
    const newest = Object.keys(everyType).map((type) => {
      const all = versions.filter((one) => one.type === type);
      const last = all.toSorted((a, b) => a.version - b.version).at(-1);
      return `${last?.topic}/${type}.v${last?.version}.json`;
    });
    expect(found(/layers\/kafka\/schemas\/(\S+)$/gm)).toEqual(newest.sort());
  });
});

describe('the check of compatibility', () => {
  const first = versions.filter(({ version }) => version === 1);
  const entered = first.find(({ type }) => type === 'AccountEntered');
  const before = entered?.schema ?? {};
  const properties = before.properties as Readonly<Record<string, Schema>>;
  const required = before.required as readonly string[];
  const note = { type: 'string' };
  const next = (schema: Schema): Version[] => [
    ...first,
    { topic: 'ledger.account.v1', type: 'AccountEntered', version: 2, schema },
  ];

  it('accepts an optional property, a looser bound and a wider enumeration', () => {
    const wider = {
      ...before,
      required: required.filter((name) => name !== 'effectiveAt'),
      properties: {
        ...properties,
        note,
        asset: { type: 'string', minLength: 1, maxLength: 64 },
        kind: { enum: ['posted', 'pending', 'voided'] },
      },
    };
    expect(breaches(next(wider))).toEqual([]);
  });

  const planted: readonly [string, Schema, RegExp][] = [
    [
      'a property that became required',
      { ...before, required: [...required, 'note'], properties: { ...properties, note } },
      /note: became required/,
    ],
    [
      'a changed type',
      { ...before, properties: { ...properties, amount: { type: 'integer' } } },
      /amount: the type changed/,
    ],
    [
      'a narrower enumeration',
      { ...before, properties: { ...properties, kind: { enum: ['posted'] } } },
      /kind: pending no longer allowed/,
    ],
    [
      'a tighter bound',
      { ...before, properties: { ...properties, asset: { ...properties.asset, maxLength: 8 } } },
      /asset: maxLength fell/,
    ],
    [
      'another pattern',
      { ...before, properties: { ...properties, version: { type: 'string', pattern: '^1$' } } },
      /version: the pattern changed/,
    ],
    [
      'a property that is refused from now on',
      {
        ...before,
        required: required.filter((name) => name !== 'kind'),
        properties: Object.fromEntries(Object.entries(properties).filter(([n]) => n !== 'kind')),
        additionalProperties: false,
      },
      /kind: no longer allowed/,
    ],
    [
      'a keyword that it cannot compare',
      { ...before, properties: { ...properties, asset: { not: { type: 'null' } } } },
      /asset: cannot compare not/,
    ],
  ];
  it.each(planted)('refuses %s', (_, schema, expected) => {
    expect(breaches(next(schema))).toContainEqual(expect.stringMatching(expected));
  });

  it('compares with every earlier version, not just the last', () => {
    const optional = { ...before, required: required.filter((name) => name !== 'kind') };
    const third = { topic: 'ledger.account.v1', type: 'AccountEntered', version: 3 };
    // Version 3 reads version 1, and not version 2, which had made the property optional.
    const found = breaches([...next(optional), { ...third, schema: before }]);
    expect(found).toEqual(['AccountEntered.v3 after v2/kind: became required']);
    const fourth = { ...third, version: 4, schema: before };
    const all = [...next(optional), { ...third, schema: before }, fourth];
    expect(breaches(all)).toContain('AccountEntered.v4 after v2/kind: became required');
  });
});
