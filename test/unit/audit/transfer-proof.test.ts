import {
  type AuditLeaf,
  canonicalLine,
  checkRows,
  type InclusionProof,
  makeBlock,
  proofOf,
  verifyProof,
  zeroHash,
} from '@atlas/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const tip = {
  height: 4,
  hash: zeroHash,
  greatestId: null,
  sealedAt: '2026-11-23T12:00:00.000001Z',
};
const leafOf = (texts: readonly string[], place: number): AuditLeaf => ({
  ref: {
    kind: 't',
    id: `01a2098${place % 10}-0000-7ab0-8000-00000000000${place % 10}`,
    version: 0n,
  },
  rows: texts.map((text, i) => ({
    relation: 'transfer',
    key: `${place}/${i}`,
    line: canonicalLine([text]),
  })),
});
const leaves = fc
  .array(fc.array(fc.string(), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 20 })
  .map((all) => all.map(leafOf));

const proofIn = (all: readonly AuditLeaf[], place: number): InclusionProof => {
  const block = makeBlock(171, 'acme', tip, all);
  const proof = proofOf(block, all, place % all.length);
  if (proof === undefined) throw new Error('a block proves its own leaves');
  return proof;
};

/** Every way in which one value of a proof can be another one. */
const forgeries = (proof: InclusionProof): readonly InclusionProof[] => {
  const { leaf, path, block } = proof;
  const other = (value: string | number): never =>
    (typeof value === 'number' ? value + 1 : `${value}0`) as never;
  return [
    ...(['text', 'hash', 'index'] as const).map((name) => ({
      ...proof,
      leaf: { ...leaf, [name]: other(leaf[name]) },
    })),
    ...path.map((_, i) => ({
      ...proof,
      path: path.map((hash, at) => (at === i ? zeroHash : hash)),
    })),
    { ...proof, path: [...path, zeroHash] },
    ...(Object.keys(block) as (keyof typeof block)[]).map((name) => ({
      ...proof,
      block: { ...block, [name]: other(block[name]) },
    })),
  ];
};

type Verifier = (proof: InclusionProof) => unknown;

/** Whether a verifier takes what is a proof, and nothing that was made of one. */
const isSound = (verify: Verifier): boolean =>
  !fc.check(
    fc.property(leaves, fc.nat(), (all, place) => {
      const proof = proofIn(all, place);
      return (
        verify(proof) === undefined && forgeries(proof).every((one) => verify(one) !== undefined)
      );
    }),
    { numRuns: 200, seed: 1 },
  ).failed;

describe('a proof', () => {
  it('is taken as it is, and not with any one value changed', () => {
    expect(isSound(verifyProof)).toBe(true);
  });

  it.each<readonly [string, Verifier]>([
    ['the text', (proof) => (verifyProof(proof) === 'leaf-hash' ? undefined : verifyProof(proof))],
    ['the path', (proof) => (verifyProof(proof) === 'path' ? undefined : verifyProof(proof))],
    [
      'the block',
      (proof) => (verifyProof(proof) === 'block-hash' ? undefined : verifyProof(proof)),
    ],
  ])('is taken for good by a verifier that does not look at %s', (_name, mutant) => {
    expect(isSound(mutant)).toBe(false);
  });

  it('is compared with a hash that was seen elsewhere', () => {
    const proof = proofIn([leafOf(['one'], 0), leafOf(['two'], 1)], 1);
    expect(verifyProof(proof, proof.block.hash)).toBeUndefined();
    expect(verifyProof(proof, zeroHash)).toBe('trusted-hash');
  });

  it('is not given for rows that are not what was sealed', () => {
    const all = [leafOf(['one'], 0), leafOf(['two'], 1)];
    const block = makeBlock(171, 'acme', tip, all);
    expect(proofOf(block, [leafOf(['one'], 0), leafOf(['2'], 1)], 0)).toBeUndefined();
    expect(proofOf(block, all, 2)).toBeUndefined();
  });
});

describe('the canonical form', () => {
  it('tells any two lists of values apart', () => {
    const values = fc.array(fc.option(fc.string({ unit: 'binary' })), { maxLength: 5 });
    fc.assert(
      fc.property(values, values, (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(canonicalLine(one) === canonicalLine(other)).toBe(isSame);
        expect(canonicalLine(one)).not.toContain('\n');
      }),
    );
  });
});

describe('the check of a block', () => {
  it('names the first row that is another, or gone, and none where all are the same', () => {
    fc.assert(
      fc.property(leaves, fc.nat(), fc.boolean(), (all, which, isGone) => {
        const block = makeBlock(171, 'acme', tip, all);
        expect(checkRows(block, all)).toBeUndefined();
        const rows = all.flatMap((leaf) => leaf.rows);
        const victim = rows[which % rows.length];
        const bad = all.map((leaf) => ({
          ...leaf,
          rows: leaf.rows.map((row) =>
            row === victim ? { ...row, line: isGone ? null : `${row.line} ` } : row,
          ),
        }));
        expect(checkRows(block, bad)).toMatchObject({
          problem: isGone ? 'missing' : 'changed',
          partition: 171,
          height: 5,
          key: victim?.key,
        });
      }),
    );
  });
});
