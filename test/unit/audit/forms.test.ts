import { hash } from 'node:crypto';
import {
  type AuditBlock,
  type AuditLeaf,
  anchorKey,
  anchorOf,
  blockHash,
  checkRows,
  hashOfLeaf,
  indexHash,
  isComplete,
  leafText,
  makeBlock,
  markAt,
  merkleRoot,
  parseAnchor,
  rowMark,
  zeroHash,
} from '@atlas/domain';
import { describe, expect, it } from 'vitest';

// The texts are those of docs/architecture/audit-chain.md: whoever checks a chain himself relies on them.
const sha256 = (text: string) => hash('sha256', text, 'hex');

const row = (relation: string, key: string, line: string | null) => ({ relation, key, line });
const transfer: AuditLeaf = {
  ref: { kind: 't', id: 'a1', version: 0n },
  rows: [row('transfer', 'a1', '["transfer", "a1"]'), row('entry', 'a1/1', '["entry", null]')],
};
const entry: AuditLeaf = {
  ref: { kind: 'e', id: 'b2', version: 17n },
  rows: [row('entry', 'b2/17', '["entry", "ü"]')],
};
const tip = { height: 4, hash: 'ab'.repeat(32), greatestId: 'a0', sealedAt: '2026-11-23' };
const block = makeBlock(171, 'acme', tip, [transfer, entry]);

describe('the text of a leaf', () => {
  it.each([
    ['t', 'transfer'],
    ['h', 'hold'],
    ['z', 'hold-end'],
    ['e', 'entry'],
  ] as const)('of the kind %s begins with what it is: %s', (kind, name) => {
    const leaf = { ...transfer, ref: { kind, id: 'a1', version: 3n } };
    expect(leafText(171, leaf)).toBe(
      `["atlas.audit.leaf.v1", "${name}", "171", "a1", "3"]\n["transfer", "a1"]\n["entry", null]`,
    );
    expect(hashOfLeaf(171, leaf)).toBe(sha256(`\u0000${leafText(171, leaf)}`));
  });

  it('has an empty line for a row that is gone, and is not complete then', () => {
    const leaf = { ...transfer, rows: transfer.rows.with(0, row('transfer', 'a1', null)) };
    expect(leafText(1, leaf)).toBe(
      '["atlas.audit.leaf.v1", "transfer", "1", "a1", "0"]\n\n["entry", null]',
    );
    expect([transfer, leaf, { ...leaf, rows: [] }].map(isComplete)).toEqual([true, false, false]);
    expect(rowMark(row('transfer', 'a1', null))).toBe(sha256('').slice(0, 8));
  });
});

describe('a block', () => {
  it('has the header, the list and the hashes that are written down', () => {
    const marks = ['["transfer", "a1"]', '["entry", null]', '["entry", "ü"]']
      .map((line) => sha256(line).slice(0, 8))
      .join('');
    const root = merkleRoot([hashOfLeaf(171, transfer), hashOfLeaf(171, entry)]);
    const index = sha256(
      `["atlas.audit.index.v1", "a1", "a1", "${marks}", "t", "a1", "0", "e", "b2", "17"]`,
    );
    const header = `["atlas.audit.block.v1", "171", "5", "acme", "${tip.hash}", "${root}", "2", "${index}", "2026-11-23"]`;
    expect(block).toEqual({
      partition: 171,
      height: 5,
      tenant: 'acme',
      previousHash: tip.hash,
      root,
      leafCount: 2,
      indexHash: index,
      sealedAt: '2026-11-23',
      refs: [transfer.ref, entry.ref],
      marks,
      firstId: 'a1',
      greatestId: 'a1',
      hash: sha256(`\u0002${header}`),
    });
    expect(indexHash(block)).toBe(index);
    expect(blockHash(block)).toBe(block.hash);
  });

  it('has no least id where it has no transfer, and the greatest of those before', () => {
    const none = makeBlock(171, 'acme', { ...tip, greatestId: null }, [entry]);
    expect([none.firstId, none.greatestId]).toEqual([null, null]);
    const after = makeBlock(171, 'acme', tip, [entry]);
    expect([after.firstId, after.greatestId]).toEqual([null, 'a0']);
    expect(indexHash(none)).not.toBe(indexHash(after));
  });

  it('has a mark for each row', () => {
    expect(markAt(block, 0)).toBe(rowMark(transfer.rows[0] as AuditLeaf['rows'][number]));
    expect(markAt(block, 2)).toBe(rowMark(entry.rows[0] as AuditLeaf['rows'][number]));
    expect(markAt(block, 3)).toBeUndefined();
    expect(markAt({ ...block, marks: block.marks.slice(0, -1) }, 2)).toBeUndefined();
  });
});

describe('the check of rows', () => {
  const whole = {
    problem: 'block-changed',
    partition: 171,
    height: 5,
    relation: 'audit_block',
    key: '171/5',
  };

  it.each<readonly [string, AuditBlock, readonly AuditLeaf[], object]>([
    [
      'a leaf whose rows are all gone, by what it was',
      block,
      [transfer, { ...entry, rows: [] }],
      { problem: 'missing', partition: 171, height: 5, relation: 'entry', key: 'b2' },
    ],
    [
      'a row more than there were',
      block,
      [transfer, { ...entry, rows: [...entry.rows, row('entry', 'b2/18', '[]')] }],
      { problem: 'changed', partition: 171, height: 5, relation: 'entry', key: 'b2/18' },
    ],
    ['fewer rows', block, [transfer], whole],
    [
      'marks of more rows than there are',
      { ...block, marks: `${block.marks}0` },
      [transfer, entry],
      whole,
    ],
    ['another root', { ...block, root: zeroHash }, [transfer, entry], whole],
  ])('names %s', (_name, one, leaves, finding) => {
    expect(checkRows(one, leaves)).toEqual(finding);
  });
});

describe('an anchor', () => {
  const head = { partition: 7, height: 2, hash: 'ab'.repeat(32) };
  const text = (value: unknown) => JSON.stringify(value);

  it('is read as it was written, under a name of its shard', () => {
    const anchor = anchorOf(3, [head]);
    expect(anchor).toEqual({ format: 'atlas.audit.heads.v1', shard: 3, heads: [head] });
    expect(parseAnchor(text(anchor))).toEqual(anchor);
    expect(parseAnchor(text(anchorOf(0, [])))).toEqual(anchorOf(0, []));
    expect(anchorKey(3)).toBe('heads/shard-3.json');
  });

  it.each([
    ['nothing', null],
    ['another format', { ...anchorOf(3, []), format: 'atlas.audit.heads.v2' }],
    ['no shard', { ...anchorOf(3, []), shard: 'three' }],
    ['no list', { ...anchorOf(3, []), heads: { length: 0 } }],
  ])('is not %s', (_name, value) => {
    expect(() => parseAnchor(text(value))).toThrow('this is no anchor');
  });

  it.each([
    ['null', null],
    ['a partition that is no number', { ...head, partition: '7' }],
    ['half a height', { ...head, height: 1.5 }],
    ['a hash that is a number', { ...head, hash: 7 }],
    ['a hash that is too short', { ...head, hash: 'ab'.repeat(31) }],
    ['a hash with something before it', { ...head, hash: `x${head.hash}` }],
    ['a hash with something behind it', { ...head, hash: `${head.hash}x` }],
    ['a hash that is none', { ...head, hash: 'g'.repeat(64) }],
  ])('has no head that is or has %s', (_name, bad) => {
    expect(() => parseAnchor(text(anchorOf(3, [head, bad as typeof head])))).toThrow('a head');
  });
});
