import { hash } from 'node:crypto';

/**
 * The Merkle tree of RFC 9162 (Certificate Transparency), section 2.1: the left part of a tree is the
 * greatest power of two that leaves something for the right one. Leaves and nodes are hashed with
 * different first bytes, so that none can be taken for the other. Hashes are SHA-256, in hex.
 */
export type HexHash = string;

const leafPrefix = Buffer.from([0]);
const nodePrefix = Buffer.from([1]);

const sha256 = (prefix: Buffer, ...parts: readonly Buffer[]): HexHash =>
  hash('sha256', Buffer.concat([prefix, ...parts]), 'hex');

export const leafHash = (text: string): HexHash => sha256(leafPrefix, Buffer.from(text, 'utf8'));

const nodeHash = (left: HexHash, right: HexHash): HexHash =>
  sha256(nodePrefix, Buffer.from(left, 'hex'), Buffer.from(right, 'hex'));

/** How many of `size` leaves the left part has; `size` is at least 2. */
const leftOf = (size: number): number => {
  let left = 1;
  while (left * 2 < size) left *= 2;
  return left;
};

/** The hash of a tree of these leaves, of which there is at least one. */
export const merkleRoot = (leaves: readonly HexHash[]): HexHash => {
  const [only] = leaves;
  if (only === undefined) throw new RangeError('a tree has a leaf');
  if (leaves.length === 1) return only;
  const left = leftOf(leaves.length);
  return nodeHash(merkleRoot(leaves.slice(0, left)), merkleRoot(leaves.slice(left)));
};

/** The hashes that lead from a leaf (counted from 0) to the root, the leaf's neighbour first. */
export const inclusionPath = (leaves: readonly HexHash[], index: number): readonly HexHash[] => {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
    throw new RangeError(`a tree of ${leaves.length} leaves has no leaf ${index}`);
  }
  if (leaves.length === 1) return [];
  const left = leftOf(leaves.length);
  const [near, far, place] =
    index < left
      ? [leaves.slice(0, left), leaves.slice(left), index]
      : [leaves.slice(left), leaves.slice(0, left), index - left];
  return [...inclusionPath(near, place), merkleRoot(far)];
};

/**
 * The root that a path leads to, from the hash of a leaf at a place in a tree of a size (RFC 9162,
 * 2.1.3.2). Undefined where no tree of that size has such a path.
 */
export const rootOfPath = (
  leaf: HexHash,
  index: number,
  size: number,
  path: readonly HexHash[],
): HexHash | undefined => {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size)) return undefined;
  if (index < 0 || index >= size) return undefined;
  let place = index;
  let last = size - 1;
  let root = leaf;
  for (const next of path) {
    if (last === 0) return undefined;
    if (place % 2 === 1 || place === last) {
      root = nodeHash(next, root);
      while (place % 2 === 0 && place !== 0) {
        place = Math.floor(place / 2);
        last = Math.floor(last / 2);
      }
    } else {
      root = nodeHash(root, next);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : undefined;
};
