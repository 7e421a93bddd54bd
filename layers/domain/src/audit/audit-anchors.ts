import type { AuditChain, ChainHead } from './audit-chain.ts';
import type { AuditFinding } from './audit-finding.ts';

/** The heads of a shard's chains at a time, kept where nobody can change or delete them. */
export interface AuditAnchor {
  readonly format: 'atlas.audit.heads.v1';
  readonly shard: number;
  readonly heads: readonly ChainHead[];
}

/** Where anchors are kept: each is added to those before it. */
export interface AuditAnchors {
  /** The newest of a shard. */
  latest(shard: number): Promise<AuditAnchor | undefined>;
  put(anchor: AuditAnchor): Promise<void>;
}

/** The object of which a shard’s anchors are the versions. */
export const anchorKey = (shard: number): string => `heads/shard-${shard}.json`;

export const anchorOf = (shard: number, heads: readonly ChainHead[]): AuditAnchor => ({
  format: 'atlas.audit.heads.v1',
  shard,
  heads,
});

const isHead = (value: unknown): value is ChainHead => {
  const { partition, height, hash } = (value ?? {}) as Partial<Record<keyof ChainHead, unknown>>;
  return (
    Number.isInteger(partition) &&
    Number.isInteger(height) &&
    typeof hash === 'string' &&
    /^[0-9a-f]{64}$/.test(hash)
  );
};

/** Reads what an anchor is stored as; throws where it is none. */
export const parseAnchor = (text: string): AuditAnchor => {
  const value = JSON.parse(text) as Partial<AuditAnchor> | null;
  const { format, shard, heads } = value ?? {};
  if (format !== 'atlas.audit.heads.v1' || !Number.isInteger(shard) || !Array.isArray(heads)) {
    throw new TypeError('this is no anchor of an audit chain');
  }
  if (!heads.every(isHead)) throw new TypeError('an anchor has a head that is none');
  return value as AuditAnchor;
};

/** Anchored heads that the chain no longer has: it was rewritten, or cut short. */
export const findBrokenHeads = async (
  chain: AuditChain,
  heads: readonly ChainHead[],
): Promise<readonly AuditFinding[]> => {
  const hashes = await chain.hashesOf(heads);
  return heads.flatMap(({ partition, height, hash }, i): AuditFinding[] => {
    const found = hashes[i];
    if (found === hash) return [];
    const problem = found === undefined ? 'chain-cut' : 'chain-rewritten';
    return [{ problem, partition, height, relation: 'audit_block', key: `${partition}/${height}` }];
  });
};
