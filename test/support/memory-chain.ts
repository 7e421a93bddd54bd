import {
  type AuditAnchor,
  type AuditAnchors,
  type AuditBlock,
  type AuditChain,
  type AuditLeaf,
  anchorOf,
  type ChainHead,
  type LeafKind,
  type LeafRef,
  type StrayRow,
  zeroHash,
} from '@atlas/domain';

/** A leaf by its number, with so many rows; the line of a row says which it is. */
export const numberedLeaf = (n: number, rows = 1, kind: LeafKind = 't'): AuditLeaf => ({
  ref: { kind, id: `01a20980-0000-7ab0-8000-${String(n).padStart(12, '0')}`, version: 0n },
  rows: Array.from({ length: rows }, (_, i) => ({
    relation: 'transfer',
    key: `${n}/${i}`,
    line: `["row ${i} of ${n}"]`,
  })),
});

export const numberedLeaves = (count: number, rows = 1): readonly AuditLeaf[] =>
  Array.from({ length: count }, (_, n) => numberedLeaf(n, rows));

interface Waiting {
  readonly partition: number;
  readonly tenant: string;
  readonly leaf: AuditLeaf;
}

/** The chains of a shard as they are kept in memory, with what a test may break laid open. */
export interface MemoryChain extends AuditChain {
  readonly waiting: Waiting[];
  readonly stored: AuditBlock[];
  /** The rows of what was sealed, by the id of its leaf. */
  readonly rows: Map<string, AuditLeaf>;
  readonly strays: { unsealed: StrayRow[]; unfolded: StrayRow[] };
  /** Tenant and limit of each look for strays. */
  readonly looks: (readonly [string | undefined, number])[];
  readonly audited: Map<number, number>;
  commit(partition: number, tenant: string, leaves: readonly AuditLeaf[]): void;
}

const isSameRef = (one: LeafRef, other: LeafRef): boolean =>
  one.kind === other.kind && one.id === other.id && one.version === other.version;

export const memoryChain = (shard = 3): MemoryChain => {
  const waiting: Waiting[] = [];
  const stored: AuditBlock[] = [];
  const rows = new Map<string, AuditLeaf>();
  const strays: MemoryChain['strays'] = { unsealed: [], unfolded: [] };
  const looks: (readonly [string | undefined, number])[] = [];
  const audited = new Map<number, number>();
  const of = (partition: number) => stored.filter((block) => block.partition === partition);
  const headOf = (partition: number) => of(partition).at(-1);
  const partitions = () => [...new Set(stored.map(({ partition }) => partition))];
  return {
    shard,
    waiting,
    stored,
    rows,
    strays,
    looks,
    audited,
    commit(partition, tenant, leaves) {
      waiting.push(...leaves.map((leaf) => ({ partition, tenant, leaf })));
    },
    pending: async () => {
      const places = waiting.map(({ partition, tenant }) => `${partition} ${tenant}`);
      return [...new Set(places)].map((place) => {
        const [partition, tenant = ''] = place.split(' ');
        return { partition: Number(partition), tenant };
      });
    },
    readPending: async (partition, tenant, after, limit) =>
      waiting
        .filter((one) => one.partition === partition && one.tenant === tenant)
        .map(({ leaf }) => leaf)
        .filter(({ ref }) => after === undefined || ref.id > after.id)
        .slice(0, limit),
    tip: async (partition, tenant) => {
      const head = headOf(partition);
      const own = of(partition).findLast((block) => block.tenant === tenant);
      return {
        height: head?.height ?? 0,
        hash: head?.hash ?? zeroHash,
        greatestId: own?.greatestId ?? null,
        sealedAt: `2026-11-23T12:00:00.${String(stored.length).padStart(6, '0')}Z`,
      };
    },
    append: async (block) => {
      const head = headOf(block.partition);
      if (block.previousHash !== (head?.hash ?? zeroHash)) return false;
      for (const ref of block.refs) {
        const at = waiting.findIndex(({ leaf }) => isSameRef(leaf.ref, ref));
        const [taken] = waiting.splice(at, at < 0 ? 0 : 1);
        if (taken === undefined) throw new Error(`${ref.id} does not wait`);
        rows.set(ref.id, taken.leaf);
      }
      stored.push(block);
      return true;
    },
    depth: async () => ({ waiting: waiting.length, oldestAgeMs: 0 }),
    heads: async () =>
      partitions().map((partition) => {
        const { height, hash } = headOf(partition) as AuditBlock;
        return { partition, height, hash };
      }),
    hashesOf: async (heads) =>
      heads.map(({ partition, height }) => of(partition).find((b) => b.height === height)?.hash),
    blocks: async (partition, above, limit) =>
      of(partition)
        .filter(({ height }) => height > above)
        .slice(0, limit),
    sealedLeaves: async (block) =>
      block.refs.map((ref) => rows.get(ref.id) ?? { ref, rows: [] as const }),
    unsealed: async (...look) => {
      looks.push(look);
      return strays.unsealed;
    },
    unfolded: async (...look) => {
      looks.push(look);
      return strays.unfolded;
    },
    rounds: async () =>
      partitions().map((partition) => ({ partition, height: audited.get(partition) ?? 0 })),
    noteAudited: async (partition, height) => {
      audited.set(partition, height);
    },
  };
};

export interface MemoryAnchors extends AuditAnchors {
  readonly kept: AuditAnchor[];
}

export const memoryAnchors = (...heads: readonly (readonly ChainHead[])[]): MemoryAnchors => {
  const kept = heads.map((one) => anchorOf(3, one));
  return {
    kept,
    latest: async (shard) => kept.findLast((anchor) => anchor.shard === shard),
    put: async (anchor) => {
      kept.push(anchor);
    },
  };
};
