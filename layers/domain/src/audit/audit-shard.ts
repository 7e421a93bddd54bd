import { type AuditBlock, zeroHash } from './audit-block.ts';
import type { AuditChain, StrayRow } from './audit-chain.ts';
import type { AuditFinding } from './audit-finding.ts';
import { checkLink, checkRows } from './check-block.ts';

export interface AuditWishes {
  /** Only rows of this tenant are looked at; the links of all blocks are. */
  readonly tenant?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each block. */
  readonly onBlock?: ((block: AuditBlock) => void) | undefined;
}

const blocksPerPage = 20;
const maxStrayRows = 100;

/**
 * Recomputes the blocks of a partition above a height from the rows as they are now, one block at a time,
 * whatever the length of the chain. One finding a block at most: the first row that is not what it was.
 *
 * @returns the height it came to: 0 where it reached the end
 */
export async function* auditPartition(
  chain: AuditChain,
  partition: number,
  above: number,
  wishes: AuditWishes = {},
): AsyncGenerator<AuditFinding, number> {
  let below = { height: 0, hash: zeroHash };
  if (above > 0) {
    const [hash] = await chain.hashesOf([{ partition, height: above, hash: '' }]);
    if (hash !== undefined) below = { height: above, hash };
  }
  for (;;) {
    const page = await chain.blocks(partition, below.height, blocksPerPage);
    for (const block of page) {
      if (wishes.signal?.aborted === true) return below.height;
      const broken = checkLink(below, block);
      if (broken !== undefined) yield broken;
      // What a block says of its rows says nothing where the block itself was changed.
      const isWanted = wishes.tenant === undefined || wishes.tenant === block.tenant;
      if (isWanted && broken?.problem !== 'block-changed') {
        const bad = checkRows(block, await chain.sealedLeaves(block));
        if (bad !== undefined) yield bad;
      }
      below = { height: block.height, hash: block.hash };
      wishes.onBlock?.(block);
    }
    if (page.length < blocksPerPage) return 0;
  }
}

const findingsOf = (
  problem: 'unsealed' | 'unfolded',
  rows: readonly StrayRow[],
): readonly AuditFinding[] =>
  rows.map(({ partition, relation, key }) => ({ problem, partition, height: null, relation, key }));

/** All chains of a shard; then rows that no block has, and totals that are not their entries’ sum. */
export async function* auditShard(
  chain: AuditChain,
  wishes: AuditWishes = {},
): AsyncGenerator<AuditFinding, void> {
  for (const { partition } of await chain.heads()) {
    yield* auditPartition(chain, partition, 0, wishes);
  }
  yield* findingsOf('unsealed', await chain.unsealed(wishes.tenant, maxStrayRows));
  yield* findingsOf('unfolded', await chain.unfolded(wishes.tenant, maxStrayRows));
}

/**
 * Goes on with the audit of a shard where it stopped, until the signal fires or every chain has had its
 * turn, and notes how far it has come.
 */
export async function* auditOnwards(
  chain: AuditChain,
  wishes: AuditWishes & { readonly signal: AbortSignal },
): AsyncGenerator<AuditFinding, void> {
  for (const { partition, height } of await chain.rounds()) {
    if (wishes.signal.aborted) return;
    const reached = yield* auditPartition(chain, partition, height, wishes);
    await chain.noteAudited(partition, reached);
  }
}
