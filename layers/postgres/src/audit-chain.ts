import {
  type AuditBlock,
  type AuditChain,
  type AuditLeaf,
  type AuditRow,
  type ChainHead,
  deadlineIn,
  type LeafKind,
  type LeafRef,
  type StrayRow,
} from '@atlas/domain';
import { arrayLiteral } from './array-literal.ts';
import { auditRowOf, type BlockRow, blockOf, type LineRow, leavesOf } from './audit-rows.ts';
import { auditStatements as sql } from './audit-statements.ts';
import { openShards, type ShardOptions } from './open-shards.ts';
import type { Shard, Statement } from './shard.ts';

export interface PostgresAuditChainsOptions extends ShardOptions {
  /** What one statement may take: an audit of everything reads all rows in one. Default a minute. */
  readonly statementMs?: number;
}

export interface PostgresAuditChains {
  readonly chains: readonly AuditChain[];
  close(): Promise<void>;
}

const defaultStatementMs = 60_000;

/** The chains of the shards, to be sealed and to be checked, as the role atlas_audit. */
export const postgresAuditChains = (options: PostgresAuditChainsOptions): PostgresAuditChains => {
  const { statementMs = defaultStatementMs } = options;
  const { shards, close } = openShards(options);
  return { chains: shards.map((shard) => chainOf(shard, statementMs)), close };
};

interface PendingRow extends LineRow {
  readonly kind: LeafKind;
  readonly id: string;
  readonly version: bigint;
}

interface StrayLine extends Record<string, unknown> {
  readonly partition: number;
  readonly relation: string;
  readonly row_key: string;
}

const strayOf = ({ partition, relation, row_key }: StrayLine): StrayRow => ({
  partition,
  relation,
  key: row_key,
});

/** Rows come leaf by leaf. */
const pendingLeaves = (rows: readonly PendingRow[]): readonly AuditLeaf[] => {
  const leaves: { readonly ref: LeafRef; readonly rows: AuditRow[] }[] = [];
  for (const row of rows) {
    const last = leaves.at(-1)?.ref;
    const { kind, id, version } = row;
    if (last?.kind !== kind || last.id !== id || last.version !== version) {
      leaves.push({ ref: { kind, id, version }, rows: [] });
    }
    leaves.at(-1)?.rows.push(...auditRowOf(row));
  }
  return leaves;
};

/** The parameters of ledger.append_block. */
export const appendValues = (block: AuditBlock): readonly unknown[] => {
  const { refs } = block;
  return [
    block.partition,
    block.tenant,
    block.height,
    block.previousHash,
    block.root,
    block.hash,
    block.sealedAt,
    block.firstId,
    block.greatestId,
    refs.map(({ kind }) => kind).join(''),
    arrayLiteral(refs.map(({ id }) => id)),
    refs.every(({ version }) => version === 0n)
      ? null
      : arrayLiteral(refs.map(({ version }) => version)),
    block.marks,
  ];
};

const chainOf = (shard: Shard, statementMs: number): AuditChain => {
  // Every call may be made twice: a block that is there already is refused as not the next one.
  const run = <Row extends Record<string, unknown>>(text: Statement, values: readonly unknown[]) =>
    shard.run<Row>(text, values, {
      deadline: deadlineIn(Date.now(), statementMs),
      effect: 'read',
    });
  return {
    shard: shard.id,
    pending: () => run<{ partition: number; tenant: string }>(sql.pending, []),
    async readPending(partition, tenant, after, limit) {
      const { kind = null, id = null, version = null } = after ?? {};
      const values = [partition, tenant, kind, id, version, limit];
      return pendingLeaves(await run<PendingRow>(sql.readPending, values));
    },
    async tip(partition, tenant) {
      const [row] = await run<{
        height: number;
        hash: string;
        greatest_id: string | null;
        sealed_at: string;
      }>(sql.tip, [partition, tenant]);
      if (row === undefined) throw new Error('a chain has a tip, if only the zero one');
      const { height, hash, greatest_id: greatestId, sealed_at: sealedAt } = row;
      return { height, hash, greatestId, sealedAt };
    },
    async append(block) {
      const [row] = await run<{ append_block: boolean }>(sql.append, appendValues(block));
      return row?.append_block === true;
    },
    async depth() {
      const [row] = await run<{ waiting: bigint; oldest_age_ms: bigint }>(sql.depth, []);
      return {
        waiting: Number(row?.waiting ?? 0n),
        oldestAgeMs: Number(row?.oldest_age_ms ?? 0n),
      };
    },
    heads: () => run<ChainHead & Record<string, unknown>>(sql.heads, []),
    async hashesOf(heads) {
      const rows = await run<{ partition: number; height: number; hash: string | null }>(
        sql.hashes,
        [
          arrayLiteral(heads.map(({ partition }) => partition)),
          arrayLiteral(heads.map(({ height }) => height)),
        ],
      );
      const known = new Map(rows.map((row) => [`${row.partition}/${row.height}`, row.hash]));
      return heads.map(({ partition, height }) => known.get(`${partition}/${height}`) ?? undefined);
    },
    async blocks(partition, above, limit) {
      const rows = await run<BlockRow>(sql.readBlocks, [partition, above, limit]);
      return rows.map((row) => blockOf(partition, row));
    },
    async sealedLeaves(block) {
      const rows = await run<LineRow & { leaf: number }>(sql.readSealed, [
        block.partition,
        block.height,
      ]);
      return leavesOf(
        block,
        rows.map((row) => ({ leaf: row.leaf, row: auditRowOf(row) })),
      );
    },
    async unsealed(tenant, limit) {
      return (await run<StrayLine>(sql.unsealed, [tenant ?? null, limit])).map(strayOf);
    },
    async unfolded(tenant, limit) {
      return (await run<StrayLine>(sql.unfolded, [tenant ?? null, limit])).map(strayOf);
    },
    rounds: () => run<{ partition: number; height: number }>(sql.rounds, []),
    async noteAudited(partition, height) {
      await run(sql.noteAudited, [partition, height]);
    },
  };
};
