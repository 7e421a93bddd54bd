import { type CallContext, type InclusionProof, proofOf } from '@atlas/domain';
import { type BlockRow, blockOf, leavesOf } from './audit-rows.ts';
import { auditStatements } from './audit-statements.ts';
import { openShards, type ShardOptions } from './open-shards.ts';

/** One for each partition that the transfer touches, its own first. */
export type TransferProofs = readonly InclusionProof[];

export interface PostgresAuditProofs {
  /** Undefined: no such transfer. 'not-sealed': not yet, or not in every partition. */
  read(
    tenant: string,
    transferId: string,
    context: CallContext,
  ): Promise<TransferProofs | 'not-sealed' | undefined>;
  close(): Promise<void>;
}

/** What a block is, without one where the leaf is not sealed (function ledger.read_proof). */
type ProofRow = { readonly partition: number } & (
  | { readonly height: null }
  | (BlockRow & {
      readonly leaf: number;
      readonly leaves: readonly number[];
      readonly lines: readonly (string | null)[];
    })
);

/** Proofs that transfers were sealed, as the role atlas_api, each from one block that is read whole. */
export const postgresAuditProofs = (options: ShardOptions): PostgresAuditProofs => {
  const { to, close } = openShards(options);
  return {
    async read(tenant, transferId, { deadline }) {
      const rows = await to
        .shardOfId(transferId)
        .run<ProofRow>(auditStatements.readProof, [tenant, transferId], {
          deadline,
          effect: 'read',
        });
      if (rows.length === 0) return undefined;
      const proofs: InclusionProof[] = [];
      for (const row of rows) {
        if (row.height === null) return 'not-sealed';
        proofs.push(proofIn(row));
      }
      return proofs;
    },
    close,
  };
};

const proofIn = (row: Exclude<ProofRow, { readonly height: null }>): InclusionProof => {
  const block = blockOf(row.partition, row);
  const lines = row.leaves.map((leaf, i) => ({
    leaf,
    row: [{ relation: '', key: '', line: row.lines[i] ?? null }],
  }));
  const proof = proofOf(block, leavesOf(block, lines), row.leaf - 1);
  if (proof !== undefined) return proof;
  throw new Error(`block ${row.height} of partition ${row.partition} is not what was sealed`);
};
