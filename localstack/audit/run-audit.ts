import {
  type AuditChain,
  type AuditFinding,
  type AuditWishes,
  auditShard,
  type ChainHead,
  findBrokenHeads,
} from '@atlas/domain';
import type { StoredAnchor } from './anchor-history.ts';

export interface AuditTask extends AuditWishes {
  readonly chains: readonly AuditChain[];
  readonly history: AsyncIterable<StoredAnchor>;
  /** Called after each anchor. */
  readonly onAnchor?: () => void;
}

const anchorFinding = (
  problem: 'anchor-missing' | 'anchor-deleted' | 'anchor-unreadable',
  key: string,
): AuditFinding => ({ problem, partition: null, height: null, relation: 'anchors', key });

/**
 * Compares the chains with every anchor there is. A head that the anchor after it has as well is looked
 * up once.
 */
async function* auditAnchors(task: AuditTask): AsyncGenerator<AuditFinding, void> {
  const seen = new Map<number, Map<number, string>>();
  for await (const stored of task.history) {
    if (stored.kind !== 'anchor') {
      yield anchorFinding(`anchor-${stored.kind}`, stored.name);
      continue;
    }
    const { shard, heads } = stored.anchor;
    const chain = task.chains.find((one) => one.shard === shard);
    if (chain === undefined) {
      yield anchorFinding('anchor-unreadable', stored.name);
      continue;
    }
    const known = seen.get(shard) ?? new Map<number, string>();
    seen.set(shard, known);
    const name = ({ height, hash }: ChainHead) => `${height} ${hash}`;
    const others = heads.filter((head) => known.get(head.partition) !== name(head));
    yield* await findBrokenHeads(chain, others);
    for (const head of others) known.set(head.partition, name(head));
    task.onAnchor?.();
  }
  for (const chain of task.chains) {
    if (!seen.has(chain.shard) && (await chain.heads()).length > 0) {
      yield anchorFinding('anchor-missing', `heads/shard-${chain.shard}.json`);
    }
  }
}

/** Everything that can be found: rows against blocks, blocks against one another and against anchors. */
export async function* runAudit(task: AuditTask): AsyncGenerator<AuditFinding, void> {
  for (const chain of task.chains) yield* auditShard(chain, task);
  yield* auditAnchors(task);
}
