import type { Posting, Refusal } from '@atlas/domain';
import type { Router } from './router.ts';

/** Refusals that need no account to be read: they are stored like any other. */
export const refusalOfShape = (router: Router, postings: readonly Posting[]): Refusal | null => {
  const same = postings.find((p) => p.debitAccountId === p.creditAccountId);
  if (same !== undefined) return { code: 'same-account', accountId: same.debitAccountId };
  const first = postings[0]?.debitAccountId ?? '';
  const shard = router.shardOfId(first);
  for (const posting of postings) {
    for (const account of [posting.debitAccountId, posting.creditAccountId]) {
      if (router.shardOfId(account) !== shard) {
        return { code: 'cross-shard-transfer', accountIds: [first, account] };
      }
    }
  }
  return null;
};
