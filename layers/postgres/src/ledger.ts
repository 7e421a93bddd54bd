import type { Ledger, Reconciliations } from '@atlas/domain';
import {
  changeAccount,
  listAccounts,
  openAccount,
  patchMetadata,
  readAccount,
} from './accounts.ts';
import { createAsset, listAssets } from './assets.ts';
import { postBatch, previewBatch, reverseTransfer } from './batches.ts';
import { checkShards, type ShardHealth } from './check-shards.ts';
import { captureHold, listHolds, placeHold, readHold, voidHold } from './holds.ts';
import { openShards, type ShardOptions } from './open-shards.ts';
import { readBalanceAsOf, readEffectiveBalance } from './past-balances.ts';
import { postTransfer } from './post-transfer.ts';
import { postgresReconciliations } from './reconciliations.ts';
import { listEntries, readBalance, trialBalance } from './reports.ts';
import { listTransfers, readTransfer } from './transfers.ts';

export interface PostgresLedger extends Ledger {
  readonly reconciliations: Reconciliations;
  /** Asks every shard at once; each answer is bounded by the time-out. Never throws. */
  check(timeoutMs: number): Promise<readonly ShardHealth[]>;
  /** Waits for the statements under way, and closes the connections. */
  close(): Promise<void>;
}

/**
 * The ledger over Postgres shards, as the role atlas_api. A write is one function call, and so one transaction, on the
 * shard that owns its rows: key, partitions, accounts, checks, rows and outbox. Connections are
 * opened at the first call.
 */
export const postgresLedger = (options: ShardOptions): PostgresLedger => {
  const { shards, to, close } = openShards(options);
  return {
    createAsset: (...call) => createAsset(to, ...call),
    listAssets: (...call) => listAssets(to, ...call),
    openAccount: (...call) => openAccount(to, ...call),
    changeAccount: (...call) => changeAccount(to, ...call),
    patchMetadata: (...call) => patchMetadata(to, ...call),
    postTransfer: (...call) => postTransfer(to, ...call),
    reverseTransfer: (...call) => reverseTransfer(to, ...call),
    postBatch: (...call) => postBatch(to, ...call),
    previewBatch: (...call) => previewBatch(to, ...call),
    placeHold: (...call) => placeHold(to, ...call),
    captureHold: (...call) => captureHold(to, ...call),
    voidHold: (...call) => voidHold(to, ...call),
    readAccount: (...call) => readAccount(to, ...call),
    listAccounts: (...call) => listAccounts(to, ...call),
    readTransfer: (...call) => readTransfer(to, ...call),
    listTransfers: (...call) => listTransfers(to, ...call),
    readHold: (...call) => readHold(to, ...call),
    listHolds: (...call) => listHolds(to, ...call),
    listEntries: (...call) => listEntries(to, ...call),
    readBalance: (...call) => readBalance(to, ...call),
    readBalanceAsOf: (...call) => readBalanceAsOf(to, ...call),
    readEffectiveBalance: (...call) => readEffectiveBalance(to, ...call),
    trialBalance: (...call) => trialBalance(to, ...call),
    reconciliations: postgresReconciliations(to),
    check: (timeoutMs) => checkShards(shards, timeoutMs),
    close,
  };
};
