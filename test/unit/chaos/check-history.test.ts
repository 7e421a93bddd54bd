import { describe, expect, it } from 'vitest';
import { checkHistory, type History } from '../../chaos/framework/check-history.ts';

const sound: History = {
  attemptedKeys: ['k1', 'k2', 'k3'],
  acknowledged: [
    { key: 'k1', transferId: 't1' },
    { key: 'k1', transferId: 't1' },
    { key: 'k2', transferId: 't2' },
  ],
  transfers: [
    { transferId: 't1', reference: 'k1' },
    { transferId: 't2', reference: 'k2' },
  ],
  accounts: [
    { accountId: 'alice', asset: 'EUR', version: 3n, balance: -5n },
    { accountId: 'bob', asset: 'EUR', version: 3n, balance: 5n },
  ],
  loggedTransfers: ['t1', 't1', 't2'],
  loggedEntries: [1n, 2n, 1n, 2n, 3n].flatMap((version) => [
    { accountId: 'alice', version },
    { accountId: 'bob', version },
  ]),
  viewed: [
    { accountId: 'alice', asset: 'EUR', version: 3n, balance: -5n },
    { accountId: 'bob', asset: 'EUR', version: 3n, balance: 5n },
  ],
};

describe('the judge of a fault run', () => {
  it('accepts replays, an attempt that never happened, and duplicates on the log', () => {
    expect(checkHistory(sound)).toEqual([]);
  });

  const broken: readonly [string, Partial<History>, RegExp][] = [
    [
      'an acknowledged transfer that is gone',
      { transfers: [{ transferId: 't1', reference: 'k1' }] },
      /^lost: k2/,
    ],
    [
      'a key that was acknowledged as two transfers',
      { acknowledged: [...sound.acknowledged, { key: 'k2', transferId: 't1' }] },
      /^twice: k2 was acknowledged/,
    ],
    [
      'a key that took effect twice',
      { transfers: [...sound.transfers, { transferId: 't9', reference: 'k1' }] },
      /^twice: k1 is 2 transfers/,
    ],
    [
      'a transfer nobody asked for',
      { transfers: [...sound.transfers, { transferId: 't9', reference: 'k9' }] },
      /^invented: .*k9/,
    ],
    [
      'balances that do not add up',
      { accounts: sound.accounts.map((account) => ({ ...account, balance: 5n })) },
      /^conservation: .*10/,
    ],
    ['a transfer that never reached the log', { loggedTransfers: ['t1'] }, /^unpublished: t2/],
    [
      'a version that is missing on the log',
      { loggedEntries: sound.loggedEntries.filter(({ version }) => version !== 2n) },
      /^gap: alice went from version 1 to 3/,
    ],
    [
      'a log that ends early',
      { loggedEntries: sound.loggedEntries.filter(({ version }) => version < 3n) },
      /^unpublished: alice is at 3/,
    ],
    ['an account that is not in the read model', { viewed: [] }, /^unprojected: alice/],
    [
      'a read model that applied a duplicate',
      { viewed: sound.viewed.map((account) => ({ ...account, balance: account.balance * 2n })) },
      /^diverged: alice/,
    ],
  ];
  it.each(broken)('rejects %s', (_, change, expected) => {
    expect(checkHistory({ ...sound, ...change })).toContainEqual(expect.stringMatching(expected));
  });
});
