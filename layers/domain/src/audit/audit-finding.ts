/**
 * What an audit found. `changed` and `missing`: a row that was sealed; `block-changed`: the block itself;
 * `chain-gap` and `chain-unlinked`: a block that does not stand on the one below it; `chain-cut` and
 * `chain-rewritten`: a chain that lacks an anchored block, or has another in its place;
 * `anchor-missing`, `anchor-deleted` and `anchor-unreadable`: somebody was at the anchors; `unsealed`: a
 * row that nobody committed; `unfolded`: a total that is not the sum of the entries.
 */
export type AuditProblem =
  | 'changed'
  | 'missing'
  | 'block-changed'
  | 'chain-gap'
  | 'chain-unlinked'
  | 'chain-cut'
  | 'chain-rewritten'
  | 'anchor-missing'
  | 'anchor-deleted'
  | 'anchor-unreadable'
  | 'unsealed'
  | 'unfolded';

export interface AuditFinding {
  readonly problem: AuditProblem;
  /** Null where it is about no partition, or about no block. */
  readonly partition: number | null;
  readonly height: number | null;
  /** The table, and what the row is known by there. */
  readonly relation: string;
  readonly key: string;
}
