import type { AccountChange, OpenAccount, PatchMetadata } from './ledger.ts';
import { accountChanged, accountOpened, metadataChanged } from './model-events.ts';
import { captureHold, expireHold, placeHold, voidHold } from './model-holds.ts';
import { postTransfer, reverseTransfer } from './model-posting.ts';
import {
  type Applied,
  type LedgerCommand,
  type LedgerState,
  recordedAfter,
  type Surroundings,
  withValue,
} from './model-state.ts';
import { type Account, type Asset, balanceOf, type Metadata, maxMetadataPairs } from './types.ts';

/**
 * The reference model of one tenant's ledger: what every implementation must do, as a pure function
 * from a state and a command to a new state and its events, or to a refusal. Ids and times are
 * arguments. It is written for reading, not for speed; the contract suite holds it and the SQL
 * functions to the same behaviour (docs/adr/0014-reference-model.md).
 */
export const apply = (
  state: LedgerState,
  command: LedgerCommand,
  surroundings: Surroundings,
): Applied => {
  switch (command.type) {
    case 'createAsset':
      return createAsset(state, command.asset);
    case 'openAccount':
      return openAccount(state, command.accountId, command.command, surroundings);
    case 'changeAccount':
      return changeAccount(state, command.accountId, command.change, surroundings);
    case 'patchMetadata':
      return patchMetadata(state, command.accountId, command.command, surroundings);
    case 'postTransfer':
      return postTransfer(state, command.transferId, command.command, surroundings);
    case 'reverseTransfer': {
      const { transferId, reverses } = command;
      return reverseTransfer(state, { transferId, reverses }, command.command, surroundings);
    }
    case 'placeHold':
      return placeHold(state, command.holdId, command.command, surroundings);
    case 'captureHold': {
      const { holdId, transferId } = command;
      return captureHold(state, { holdId, transferId }, command.command, surroundings);
    }
    case 'voidHold':
      return voidHold(state, command.holdId, surroundings);
    case 'expireHold':
      return expireHold(state, command.holdId, surroundings);
  }
};

const createAsset = (state: LedgerState, asset: Asset): Applied => {
  const existing = state.assets.get(asset.code);
  if (existing !== undefined && existing.scale !== asset.scale) {
    const refusal = { code: 'asset-conflict', asset: asset.code } as const;
    return { refusal: { ...refusal, existingScale: existing.scale } };
  }
  return { state: { ...state, assets: withValue(state.assets, asset.code, asset) }, events: [] };
};

const openAccount = (
  state: LedgerState,
  accountId: string,
  command: OpenAccount,
  surroundings: Surroundings,
): Applied => {
  if (!state.assets.has(command.asset)) {
    return { refusal: { code: 'asset-not-found', asset: command.asset } };
  }
  const { asset, name, minBalance, maxBalance, metadata } = command;
  const account: Account = {
    accountId,
    asset,
    name,
    minBalance,
    maxBalance,
    metadata,
    status: 'open',
    version: 1n,
    postedDebits: 0n,
    postedCredits: 0n,
    pendingDebits: 0n,
    pendingCredits: 0n,
    metadataVersion: 1,
    openedAt: surroundings.now,
  };
  return {
    state: {
      ...state,
      accounts: withValue(state.accounts, accountId, account),
      changedAt: withValue(state.changedAt, accountId, surroundings.now),
      entries: withValue(state.entries, accountId, []),
    },
    events: [accountOpened(account, surroundings)],
  };
};

const statusAfter = { freeze: 'frozen', unfreeze: 'open', close: 'closed' } as const;

const changeAccount = (
  state: LedgerState,
  accountId: string,
  change: AccountChange,
  surroundings: Surroundings,
): Applied => {
  const before = state.accounts.get(accountId);
  if (before === undefined) return { refusal: { code: 'account-not-found', accountId } };
  if (before.status === 'closed') return { refusal: { code: 'account-closed', accountId } };
  const empty =
    balanceOf(before) === 0n && before.pendingDebits === 0n && before.pendingCredits === 0n;
  if (change === 'close' && !empty) return { refusal: { code: 'account-not-empty', accountId } };
  const status = statusAfter[change];
  if (before.status === status) return { state, events: [] };
  const account: Account = { ...before, status, version: before.version + 1n };
  const recordedAt = recordedAfter(state, [accountId], surroundings.now);
  return {
    state: {
      ...state,
      accounts: withValue(state.accounts, accountId, account),
      changedAt: withValue(state.changedAt, accountId, recordedAt),
    },
    events: [accountChanged(account, change, recordedAt, surroundings)],
  };
};

const merged = (before: Metadata, changes: PatchMetadata['changes']): Metadata =>
  Object.fromEntries(
    Object.entries({ ...before, ...changes }).filter(
      (pair): pair is [string, string] => pair[1] !== null,
    ),
  );

const areEqual = (one: Metadata, other: Metadata): boolean => {
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && one[key] === other[key])
  );
};

const patchMetadata = (
  state: LedgerState,
  accountId: string,
  { changes, expectedVersions }: PatchMetadata,
  surroundings: Surroundings,
): Applied => {
  const before = state.accounts.get(accountId);
  if (before === undefined) return { refusal: { code: 'account-not-found', accountId } };
  const { metadataVersion } = before;
  if (expectedVersions !== null && !expectedVersions.includes(metadataVersion)) {
    return { refusal: { code: 'metadata-version-mismatch', accountId, metadataVersion } };
  }
  const metadata = merged(before.metadata, changes);
  const pairs = Object.keys(metadata).length;
  if (pairs > maxMetadataPairs) return { refusal: { code: 'too-much-metadata', accountId, pairs } };
  if (areEqual(metadata, before.metadata)) return { state, events: [] };
  const account: Account = {
    ...before,
    metadata,
    metadataVersion: metadataVersion + 1,
    version: before.version + 1n,
  };
  const recordedAt = recordedAfter(state, [accountId], surroundings.now);
  return {
    state: {
      ...state,
      accounts: withValue(state.accounts, accountId, account),
      changedAt: withValue(state.changedAt, accountId, recordedAt),
    },
    events: [metadataChanged(account, recordedAt, surroundings)],
  };
};
