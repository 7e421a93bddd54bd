import { hash } from 'node:crypto';
import { type HexHash, inclusionPath, leafHash, merkleRoot, rootOfPath } from '@atlas/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const leaves = fc
  .array(fc.string(), { minLength: 1, maxLength: 70 })
  .map((texts) => texts.map(leafHash));
const leafOf = fc
  .tuple(leaves, fc.nat())
  .map(([all, place]) => ({ all, index: place % all.length, leaf: all[place % all.length] ?? '' }));
const flip = (value: HexHash): HexHash => (value.startsWith('0') ? '1' : '0') + value.slice(1);

type Verify = typeof rootOfPath;

/** What a verifier takes that is no proof, or refuses that is one; null: nothing in so many trees. */
const flawOf = (verify: Verify) => {
  const property = fc.property(leafOf, fc.nat(), ({ all, index, leaf }, which) => {
    const root = merkleRoot(all);
    const path = inclusionPath(all, index);
    const size = all.length;
    if (verify(leaf, index, size, path) !== root) return false;
    const at = which % Math.max(1, path.length);
    const bad = path.map((one, i) => (i === at ? flip(one) : one));
    const taken = [
      verify(flip(leaf), index, size, path),
      ...(path.length > 0 ? [verify(leaf, index, size, bad)] : []),
      verify(leaf, index, size, [...path, leaf]),
      verify(leaf, index, size, path.slice(1)),
      ...(all.some((one, i) => i !== index && one === leaf)
        ? []
        : [verify(leaf, (index + 1) % (size + 1), size, path)]),
    ];
    return path.length === 0 ? !taken.slice(0, 2).includes(root) : !taken.includes(root);
  });
  const { failed, counterexample } = fc.check(property, { numRuns: 500, seed: 1 });
  return failed ? counterexample : null;
};

describe('a Merkle tree', () => {
  it('is that of RFC 9162: the hashes of its examples', () => {
    const sha = (...parts: readonly (string | Buffer)[]) =>
      hash('sha256', Buffer.concat(parts.map((part) => Buffer.from(part as string))), 'hex');
    const bytes = (hex: string) => Buffer.from(hex, 'hex');
    const node = (left: string, right: string) =>
      sha(Buffer.concat([Buffer.from([1]), bytes(left), bytes(right)]));
    const [a, b, c] = ['a', 'b', 'c'].map((text) => sha(`\u0000${text}`));
    expect(leafHash('a')).toBe(a);
    expect(leafHash('')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    expect(merkleRoot([a ?? '', b ?? ''])).toBe(node(a ?? '', b ?? ''));
    expect(merkleRoot([a ?? '', b ?? '', c ?? ''])).toBe(node(node(a ?? '', b ?? ''), c ?? ''));
  });

  it('has a path from every leaf to its root, which nothing else has', () => {
    expect(flawOf(rootOfPath)).toBeNull();
  });

  it('has paths as long as it is high', () => {
    fc.assert(
      fc.property(leafOf, ({ all, index }) => {
        const height = Math.ceil(Math.log2(all.length));
        expect(inclusionPath(all, index).length).toBeLessThanOrEqual(height);
      }),
    );
  });

  it('has another root when any leaf is another, is moved, is added or is gone', () => {
    fc.assert(
      fc.property(leafOf, fc.string(), ({ all, index, leaf }, text) => {
        const root = merkleRoot(all);
        const changed = all.map((one, i) => (i === index ? flip(one) : one));
        expect(merkleRoot(changed)).not.toBe(root);
        expect(merkleRoot([...all, leafHash(text)])).not.toBe(root);
        const gone = all.filter((_, i) => i !== index);
        expect(gone.length > 0 && merkleRoot(gone) === root).toBe(false);
        const [first = ''] = all;
        const swapped = all.map((one, i) => (i === 0 ? leaf : i === index ? first : one));
        expect(merkleRoot(swapped) === root).toBe(first === leaf);
      }),
    );
  });

  it('takes no path of a place that it does not have', () => {
    const all = ['a', 'b', 'c'].map(leafHash);
    const path = inclusionPath(all, 2);
    for (const [index, size] of [
      [-1, 3],
      [3, 3],
      [0.5, 3],
      [2, 2.5],
      [0, 0],
    ] as const) {
      expect(rootOfPath(all[2] ?? '', index, size, path)).toBeUndefined();
    }
    for (const index of [-1, 0.5, 3]) {
      expect(() => inclusionPath(all, index)).toThrow(`a tree of 3 leaves has no leaf ${index}`);
    }
    expect(() => merkleRoot([])).toThrow('a tree has a leaf');
  });

  it('takes no path that is too short or too long for its place', () => {
    const all = ['a', 'b', 'c', 'd', 'e'].map(leafHash);
    for (const [index, leaf] of all.entries()) {
      const path = inclusionPath(all, index);
      for (let length = 0; length < path.length; length += 1) {
        expect(rootOfPath(leaf, index, all.length, path.slice(0, length))).toBeUndefined();
      }
      expect(rootOfPath(leaf, index, all.length, [...path, leaf])).toBeUndefined();
    }
  });
});

describe('a verifier', () => {
  const node = (left: string, right: string) =>
    hash('sha256', Buffer.from(`01${left}${right}`, 'hex'), 'hex');

  it.each<readonly [string, Verify]>([
    ['puts every neighbour on the right', (leaf, _i, _n, path) => path.reduce(node, leaf)],
    [
      'looks at the place alone, as if the tree were full',
      (leaf, index, _size, path) =>
        path.reduce(
          (root, next, i) => ((index >> i) % 2 === 1 ? node(next, root) : node(root, next)),
          leaf,
        ),
    ],
    [
      'stops when it is at the root',
      (leaf, index, size, path) => rootOfPath(leaf, index, size, path.slice(0, 6)) ?? leaf,
    ],
    ['takes the last hash for the root', (leaf, _i, _n, path) => path.at(-1) ?? leaf],
    [
      'forgets how long the path has to be',
      (leaf, index, size, path) => {
        for (let length = path.length; length >= 0; length -= 1) {
          const root = rootOfPath(leaf, index, size, path.slice(0, length));
          if (root !== undefined) return root;
        }
        return undefined;
      },
    ],
  ])('that %s is found out', (_name, mutant) => {
    expect(flawOf(mutant)).not.toBeNull();
  });
});
