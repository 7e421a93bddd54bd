import {
  type AuditLeaf,
  anchorOf,
  checkLink,
  checkRows,
  Fault,
  type SealingReport,
  sealChain,
  zeroHash,
} from '@atlas/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type MemoryAnchors,
  type MemoryChain,
  memoryAnchors,
  memoryChain,
  numberedLeaf,
  numberedLeaves,
} from '../../support/memory-chain.ts';

let chain: MemoryChain;
let anchors: MemoryAnchors;
beforeEach(() => {
  chain = memoryChain();
  anchors = memoryAnchors();
});

const seal = (signal = new AbortController().signal): Promise<SealingReport> =>
  sealChain({ chain, anchors, signal });
const sizes = () => chain.stored.map(({ leafCount }) => leafCount);
const idsOf = (leaves: readonly AuditLeaf[]) => leaves.map(({ ref }) => ref.id);
const sealedIds = () => chain.stored.flatMap(({ refs }) => refs.map(({ id }) => id));

describe('sealing', () => {
  it('does nothing where nothing waits', async () => {
    expect(await seal()).toEqual({
      blocks: 0,
      leaves: 0,
      failed: 0,
      incomplete: [],
      broken: [],
      isAnchored: false,
    });
    expect(anchors.kept).toEqual([]);
  });

  it('seals whatever waits once, page by page, each block on the one below it', async () => {
    const leaves = numberedLeaves(1_201);
    chain.commit(7, 'acme', leaves);
    expect(await seal()).toMatchObject({ blocks: 3, leaves: 1_201, failed: 0, incomplete: [] });
    expect(sizes()).toEqual([500, 500, 201]);
    expect(sealedIds()).toEqual(idsOf(leaves));
    expect(chain.waiting).toEqual([]);
    let below = { height: 0, hash: zeroHash };
    for (const block of chain.stored) {
      expect(checkLink(below, block)).toBeUndefined();
      expect(checkRows(block, await chain.sealedLeaves(block))).toBeUndefined();
      expect(block).toMatchObject({ partition: 7, tenant: 'acme' });
      below = block;
    }
    expect(await seal()).toMatchObject({ blocks: 0, leaves: 0 });
  });

  it('looks behind a page that is full, and makes no block of nothing', async () => {
    chain.commit(7, 'acme', numberedLeaves(500));
    expect(await seal()).toMatchObject({ blocks: 1, leaves: 500 });
  });

  it.each([
    ['as many as fill it', [500, 500, 500, 500], [4]],
    ['one more than fills it', [500, 500, 500, 500, 1], [4, 1]],
    ['what does not fit any more', [300, 300, 300, 300, 300, 300, 300], [6, 1]],
    ['one that is larger than a block', [1, 2_500, 1], [1, 1, 1]],
  ])('puts at most about two thousand rows into a block: %s', async (_name, rows, expected) => {
    chain.commit(
      7,
      'acme',
      rows.map((count, n) => numberedLeaf(n, count)),
    );
    expect(await seal()).toMatchObject({ blocks: expected.length, leaves: rows.length });
    expect(sizes()).toEqual(expected);
  });

  it('gives each tenant blocks of its own, in one chain a partition', async () => {
    chain.commit(7, 'acme', [numberedLeaf(1)]);
    chain.commit(7, 'beta', [numberedLeaf(2)]);
    chain.commit(9, 'acme', [numberedLeaf(3)]);
    expect(await seal()).toMatchObject({ blocks: 3, leaves: 3 });
    expect(
      chain.stored.map(({ partition, height, tenant }) => [partition, height, tenant]),
    ).toEqual([
      [7, 1, 'acme'],
      [7, 2, 'beta'],
      [9, 1, 'acme'],
    ]);
  });

  it('leaves what has lost a row, names it, and goes on behind it', async () => {
    const leaves = numberedLeaves(600);
    const bare = { ...numberedLeaf(3), rows: [] };
    const half = {
      ...numberedLeaf(499, 2),
      rows: [
        ...numberedLeaf(499).rows,
        { relation: 'entry', key: 'k', line: null },
        ...numberedLeaf(499).rows,
      ],
    };
    chain.commit(7, 'acme', leaves.with(3, bare).with(499, half));
    expect(await seal()).toMatchObject({
      blocks: 2,
      leaves: 598,
      incomplete: [bare.ref, half.ref],
    });
    expect(chain.waiting.map(({ leaf }) => leaf)).toEqual([bare, half]);
  });

  it('knows the least and the greatest id of a tenant', async () => {
    chain.commit(7, 'acme', [numberedLeaf(5), numberedLeaf(8), numberedLeaf(6)]);
    chain.commit(7, 'beta', [numberedLeaf(9)]);
    await seal();
    chain.commit(7, 'acme', [numberedLeaf(3), numberedLeaf(99, 1, 'h'), numberedLeaf(1, 1, 'z')]);
    await seal();
    chain.commit(7, 'acme', [numberedLeaf(2, 1, 'h')]);
    await seal();
    const id = (n: number) => numberedLeaf(n).ref.id;
    expect(
      chain.stored
        .filter(({ tenant }) => tenant === 'acme')
        .map(({ firstId, greatestId }) => [firstId, greatestId]),
    ).toEqual([
      [id(5), id(8)],
      [id(3), id(8)],
      [null, id(8)],
    ]);
  });
});

describe('a sealer beside another one', () => {
  /** Others append so many times, each time before this one does. */
  const outrun = (times: readonly boolean[]) => {
    const before = chain;
    let call = 0;
    let reads = 0;
    const raced: MemoryChain = {
      ...chain,
      readPending: (...args) => {
        reads += 1;
        return before.readPending(...args);
      },
      append: async (block) => {
        const loses = times[call] ?? false;
        call += 1;
        return loses ? false : before.append(block);
      },
    };
    chain = raced;
    return () => reads;
  };

  it('reads again what it could not append, and seals nothing twice', async () => {
    // Two blocks a page: the first is appended, the second is not.
    const leaves = numberedLeaves(8, 300);
    chain.commit(7, 'acme', leaves);
    outrun([false, true, false]);
    expect(await seal()).toMatchObject({ blocks: 2, leaves: 8 });
    expect(sealedIds()).toEqual(idsOf(leaves));
  });

  it('tries five times, and leaves the chain to the other then', async () => {
    chain.commit(7, 'acme', numberedLeaves(3));
    const reads = outrun(Array.from({ length: 20 }, () => true));
    expect(await seal()).toMatchObject({ blocks: 0, leaves: 0, failed: 0, incomplete: [] });
    expect(reads()).toBe(5);
    expect(chain.waiting).toHaveLength(3);
  });

  it('has five attempts for each page', async () => {
    chain.commit(7, 'acme', numberedLeaves(501));
    outrun([true, true, true, true, false, true, true, true, true, false]);
    expect(await seal()).toMatchObject({ blocks: 2, leaves: 501 });
  });
});

describe('a chain that cannot be gone on with', () => {
  const failingAt = (partition: number, error: Error) => {
    const before = chain;
    const half: MemoryChain = {
      ...chain,
      tip: (at, tenant) => (at === partition ? Promise.reject(error) : before.tip(at, tenant)),
    };
    chain = half;
  };

  it('holds up no other', async () => {
    for (const partition of [7, 8, 9]) chain.commit(partition, 'acme', [numberedLeaf(partition)]);
    failingAt(8, new Fault('stale-route', 'moving'));
    expect(await seal()).toMatchObject({ blocks: 2, leaves: 2, failed: 1, isAnchored: true });
  });

  it('is no reason to hide a mistake', async () => {
    chain.commit(7, 'acme', [numberedLeaf(1)]);
    failingAt(7, new TypeError('a mistake'));
    await expect(seal()).rejects.toThrow('a mistake');
  });
});

describe('a sealer that is told to stop', () => {
  it('begins no chain', async () => {
    chain.commit(7, 'acme', [numberedLeaf(1)]);
    expect(await seal(AbortSignal.abort())).toMatchObject({ blocks: 0, isAnchored: false });
  });

  it('ends the page it is at, begins no other, and anchors what it has sealed', async () => {
    chain.commit(7, 'acme', numberedLeaves(700));
    chain.commit(8, 'acme', [numberedLeaf(1_000)]);
    const stop = new AbortController();
    const before = chain;
    const stopping: MemoryChain = {
      ...chain,
      append: (block) => {
        stop.abort();
        return before.append(block);
      },
    };
    chain = stopping;
    expect(await seal(stop.signal)).toMatchObject({ blocks: 1, leaves: 500, isAnchored: true });
    expect(chain.waiting).toHaveLength(201);
  });
});

describe('an anchor', () => {
  it('is written when a chain has grown, and only then', async () => {
    chain.commit(7, 'acme', [numberedLeaf(1)]);
    chain.commit(9, 'acme', [numberedLeaf(2)]);
    expect((await seal()).isAnchored).toBe(true);
    expect(anchors.kept).toEqual([anchorOf(3, await chain.heads())]);
    expect((await seal()).isAnchored).toBe(false);
    chain.commit(9, 'acme', [numberedLeaf(3)]);
    expect((await seal()).isAnchored).toBe(true);
    chain.commit(11, 'acme', [numberedLeaf(4)]);
    expect((await seal()).isAnchored).toBe(true);
    expect(anchors.kept).toHaveLength(3);
    expect(anchors.kept.at(-1)?.heads).toEqual(await chain.heads());
  });

  it('is not written over one of which the chain lacks a block, or has another', async () => {
    chain.commit(7, 'acme', [numberedLeaf(1)]);
    await seal();
    const other = { partition: 7, height: 1, hash: 'f'.repeat(64) };
    const gone = { partition: 8, height: 2, hash: 'e'.repeat(64) };
    anchors = memoryAnchors([other, gone]);
    chain.commit(7, 'acme', [numberedLeaf(2)]);
    expect(await seal()).toMatchObject({
      blocks: 1,
      isAnchored: false,
      broken: [
        {
          problem: 'chain-rewritten',
          partition: 7,
          height: 1,
          relation: 'audit_block',
          key: '7/1',
        },
        { problem: 'chain-cut', partition: 8, height: 2, relation: 'audit_block', key: '8/2' },
      ],
    });
    expect(anchors.kept).toHaveLength(1);
  });
});
