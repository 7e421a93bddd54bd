import type { AuditFinding, AuditProblem } from '@atlas/domain';

const sentences: Readonly<Record<AuditProblem, string>> = {
  changed: 'is not what was sealed',
  missing: 'was sealed and is gone',
  'block-changed': 'is not what its hash says, or its root is not that of its rows',
  'chain-gap': 'does not follow the block below it: one is missing',
  'chain-unlinked': 'does not name the block below it',
  'chain-cut': 'was anchored and is gone',
  'chain-rewritten': 'is another than the one that was anchored',
  'anchor-missing': 'is not there, and the shard has a chain',
  'anchor-deleted': 'was deleted; its versions are still there',
  'anchor-unreadable': 'is no anchor of these shards',
  unsealed: 'was never sealed, and does not wait to be',
  unfolded: 'is not the sum of its entries',
};

/** One line: which row, where, and what is wrong with it. */
export const tellFinding = ({
  problem,
  partition,
  height,
  relation,
  key,
}: AuditFinding): string => {
  const place = [
    ...(partition === null ? [] : [`partition ${partition}`]),
    ...(height === null ? [] : [`block ${height}`]),
  ];
  const where = place.length === 0 ? '' : ` (${place.join(', ')})`;
  return `${problem}: ${relation} ${key}${where} ${sentences[problem]}`;
};
