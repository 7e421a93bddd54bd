import { checksOfAccounts } from './checks-of-accounts.ts';
import { checksOfBatches } from './checks-of-batches.ts';
import { checksOfHistory } from './checks-of-history.ts';
import { checksOfHolds } from './checks-of-holds.ts';
import { checksOfKeys } from './checks-of-keys.ts';
import { checksOfReading } from './checks-of-reading.ts';
import { checksOfTransfers } from './checks-of-transfers.ts';
import type { LedgerCheck } from './ledger-check.ts';

/** What every implementation of the port `Ledger` must do, example by example. */
export const ledgerChecks: readonly LedgerCheck[] = [
  ...checksOfAccounts,
  ...checksOfTransfers,
  ...checksOfHolds,
  ...checksOfBatches,
  ...checksOfKeys,
  ...checksOfReading,
  ...checksOfHistory,
];
