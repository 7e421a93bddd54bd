import { Fault } from '../failures.ts';
import { type AuditAnchors, anchorOf, findBrokenHeads } from './audit-anchors.ts';
import { makeBlock } from './audit-block.ts';
import type { AuditChain, ChainHead } from './audit-chain.ts';
import type { AuditFinding } from './audit-finding.ts';
import { type AuditLeaf, isComplete, type LeafRef } from './audit-leaf.ts';

const leavesPerPage = 500;
/** So that a block, which a proof has to read whole, stays small: a transfer has up to 300 rows. */
const rowsPerBlock = 2_000;
/** How often a chain that somebody else goes on with is tried again. */
const maxAttempts = 5;

export interface SealingOptions {
  readonly chain: AuditChain;
  readonly anchors: AuditAnchors;
  /** No block is begun once it fires. */
  readonly signal: AbortSignal;
}

export interface SealingReport {
  readonly blocks: number;
  readonly leaves: number;
  /** What waits and has lost a row: it is left waiting. */
  readonly incomplete: readonly LeafRef[];
  /** Chains that could not be gone on with: a partition that is being moved, a lock that was not had. */
  readonly failed: number;
  /** What the newest anchor has and the chain does not. Then nothing is anchored. */
  readonly broken: readonly AuditFinding[];
  readonly isAnchored: boolean;
}

/** Parts of a page that make a block each, in order. */
const blocksOf = (leaves: readonly AuditLeaf[]): readonly AuditLeaf[][] => {
  const blocks: AuditLeaf[][] = [];
  let room = 0;
  for (const leaf of leaves) {
    if (room < leaf.rows.length) {
      blocks.push([]);
      room = rowsPerBlock;
    }
    blocks.at(-1)?.push(leaf);
    room -= leaf.rows.length;
  }
  return blocks;
};

const appendAll = async (
  chain: AuditChain,
  partition: number,
  tenant: string,
  leaves: readonly AuditLeaf[],
): Promise<{ readonly done: boolean; readonly blocks: number; readonly leaves: number }> => {
  const sealed = { blocks: 0, leaves: 0 };
  for (const block of blocksOf(leaves)) {
    const tip = await chain.tip(partition, tenant);
    if (!(await chain.append(makeBlock(partition, tenant, tip, block)))) {
      return { done: false, ...sealed };
    }
    sealed.blocks += 1;
    sealed.leaves += block.length;
  }
  return { done: true, ...sealed };
};

const sealTenant = async (
  chain: AuditChain,
  { partition, tenant }: { readonly partition: number; readonly tenant: string },
  signal: AbortSignal,
) => {
  const sealed = { blocks: 0, leaves: 0, incomplete: [] as LeafRef[] };
  let after: LeafRef | undefined;
  let attempts = 0;
  while (!signal.aborted && attempts < maxAttempts) {
    const page = await chain.readPending(partition, tenant, after, leavesPerPage);
    const { done, blocks, leaves } = await appendAll(
      chain,
      partition,
      tenant,
      page.filter(isComplete),
    );
    sealed.blocks += blocks;
    sealed.leaves += leaves;
    // Somebody else has gone on with this chain: what is left of the page is read again.
    attempts = done ? 0 : attempts + 1;
    if (!done) continue;
    sealed.incomplete.push(...page.filter((leaf) => !isComplete(leaf)).map(({ ref }) => ref));
    if (page.length < leavesPerPage) break;
    after = page.at(-1)?.ref;
  }
  return sealed;
};

const isSame = (one: readonly ChainHead[], other: readonly ChainHead[]): boolean =>
  one.length === other.length &&
  one.every(({ partition, hash }, i) => {
    const head = other[i];
    return head?.partition === partition && head.hash === hash;
  });

/**
 * Seals what waits on a shard, block by block, and anchors the heads if any chain has grown. A block and
 * the taking of its leaves are one transaction, so a sealer that dies at any point loses nothing and
 * seals nothing twice; of two at once on a chain one appends and the other looks again. A chain that
 * cannot be gone on with holds up no other.
 */
export const sealChain = async (options: SealingOptions): Promise<SealingReport> => {
  const { chain, anchors, signal } = options;
  const total = { blocks: 0, leaves: 0, failed: 0, incomplete: [] as LeafRef[] };
  for (const place of await chain.pending()) {
    if (signal.aborted) break;
    try {
      const { blocks, leaves, incomplete } = await sealTenant(chain, place, signal);
      total.blocks += blocks;
      total.leaves += leaves;
      total.incomplete.push(...incomplete);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      total.failed += 1;
    }
  }
  const heads = await chain.heads();
  const latest = await anchors.latest(chain.shard);
  const broken = latest === undefined ? [] : await findBrokenHeads(chain, latest.heads);
  const isAnchored = broken.length === 0 && !isSame(latest?.heads ?? [], heads);
  if (isAnchored) await anchors.put(anchorOf(chain.shard, heads));
  return { ...total, broken, isAnchored };
};
