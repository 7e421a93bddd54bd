import type { Statement } from './shard.ts';

const call = (name: string, parameters: number): Statement => ({
  name,
  text: `SELECT * FROM ledger.${name}(${Array.from({ length: parameters }, (_, i) => `$${i + 1}`).join(', ')})`,
});

/** One function call each: what they lock and in which order stands in the migrations. */
export const statements = {
  postOne: call('post_one', 16),
  postMany: call('post_many', 17),
  applyRequest: call('apply_request', 24),
  openAccount: call('open_account', 14),
  changeAccount: call('change_account', 9),
  patchMetadata: call('patch_metadata', 10),
  readHolds: call('read_holds', 5),
  dueHolds: call('due_holds', 1),
  expireHold: call('expire_hold', 5),
  bindKey: call('bind_key', 6),
  createAsset: call('create_asset', 3),
  readAssets: call('read_assets', 3),
  readAccounts: call('read_accounts', 5),
  readTransfers: call('read_transfers', 5),
  readEntries: call('read_entries', 5),
  balanceAsOf: call('balance_as_of', 3),
  balanceEffectiveAt: call('balance_effective_at', 3),
  trialBalance: call('trial_balance', 3),
} as const satisfies Record<string, Statement>;
