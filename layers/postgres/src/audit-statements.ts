import { functionCall } from './statements.ts';

/** One function call each: what they lock and in which order stands in the migration. */
export const auditStatements = {
  pending: functionCall('pending_chains', 0),
  readPending: functionCall('read_pending', 6),
  tip: functionCall('audit_tip', 2),
  append: functionCall('append_block', 13),
  depth: functionCall('audit_depth', 0),
  heads: functionCall('audit_heads', 0),
  hashes: functionCall('block_hashes', 2),
  readBlocks: functionCall('read_blocks', 3),
  readSealed: functionCall('read_sealed', 2),
  unsealed: functionCall('unsealed_rows', 2),
  unfolded: functionCall('unfolded_rows', 2),
  rounds: functionCall('audit_rounds', 0),
  noteAudited: functionCall('note_audited', 2),
  readProof: functionCall('read_proof', 2),
} as const;
