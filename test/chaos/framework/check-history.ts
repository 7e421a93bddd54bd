/**
 * Judges a run after the faults are over: what clients were told, against what the ledger, the
 * event log and the read model hold. Pure, so that the judge can itself be tested with histories
 * that must fail (test/unit/chaos/check-history.test.ts).
 */
export interface Acknowledged {
  readonly key: string;
  readonly transferId: string;
}

export interface StoredTransfer {
  readonly transferId: string;
  /** The run's reference of the request: one per idempotency key. */
  readonly reference: string;
}

export interface StoredAccount {
  readonly accountId: string;
  readonly asset: string;
  readonly version: bigint;
  readonly balance: bigint;
}

export interface LoggedEntry {
  readonly accountId: string;
  readonly version: bigint;
}

export interface History {
  /** Keys the clients sent, acknowledged or not. */
  readonly attemptedKeys: readonly string[];
  /** Every 2xx answer, replays included. */
  readonly acknowledged: readonly Acknowledged[];
  readonly transfers: readonly StoredTransfer[];
  readonly accounts: readonly StoredAccount[];
  /** Transfer ids on `ledger.transfer.v1`, in log order, duplicates included. */
  readonly loggedTransfers: readonly string[];
  /** Account events on `ledger.account.v1`, in log order per account, duplicates included. */
  readonly loggedEntries: readonly LoggedEntry[];
  readonly viewed: readonly StoredAccount[];
}

const countBy = <T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
};

/** Acknowledged is durable, and a key takes effect once. */
const acknowledgementViolations = (history: History): string[] => {
  const violations: string[] = [];
  const stored = new Map(history.transfers.map((transfer) => [transfer.transferId, transfer]));
  const answers = new Map<string, string>();
  for (const { key, transferId } of history.acknowledged) {
    if (stored.get(transferId)?.reference !== key) {
      violations.push(`lost: ${key} was acknowledged as ${transferId}, which is not in the ledger`);
    }
    const earlier = answers.get(key);
    if (earlier !== undefined && earlier !== transferId) {
      violations.push(`twice: ${key} was acknowledged as ${earlier} and as ${transferId}`);
    }
    answers.set(key, transferId);
  }
  for (const [reference, count] of countBy(history.transfers, (t) => t.reference)) {
    if (count > 1) violations.push(`twice: ${reference} is ${count} transfers`);
  }
  const attempted = new Set(history.attemptedKeys);
  for (const { reference } of history.transfers) {
    if (!attempted.has(reference)) violations.push(`invented: nobody asked for ${reference}`);
  }
  return violations;
};

const conservationViolations = (accounts: readonly StoredAccount[]): string[] => {
  const sums = new Map<string, bigint>();
  for (const { asset, balance } of accounts) sums.set(asset, (sums.get(asset) ?? 0n) + balance);
  return [...sums]
    .filter(([, sum]) => sum !== 0n)
    .map(([asset, sum]) => `conservation: balances in ${asset} add up to ${sum}`);
};

/** At least once on the log, and first occurrences in version order, without a gap. */
const logViolations = (history: History): string[] => {
  const violations: string[] = [];
  const logged = new Set(history.loggedTransfers);
  for (const { transferId } of history.transfers) {
    if (!logged.has(transferId)) violations.push(`unpublished: ${transferId} is not on the log`);
  }
  const seen = new Map<string, bigint>();
  for (const { accountId, version } of history.loggedEntries) {
    const last = seen.get(accountId) ?? 0n;
    if (version > last + 1n) {
      violations.push(`gap: ${accountId} went from version ${last} to ${version} on the log`);
    }
    if (version > last) seen.set(accountId, version);
  }
  for (const { accountId, version } of history.accounts) {
    const last = seen.get(accountId) ?? 0n;
    if (last !== version) {
      violations.push(`unpublished: ${accountId} is at ${version}, the log ends at ${last}`);
    }
  }
  return violations;
};

/** Exactly once in effect: the read model equals its source. */
const viewViolations = (history: History): string[] => {
  const viewed = new Map(history.viewed.map((account) => [account.accountId, account]));
  return history.accounts.flatMap(({ accountId, version, balance }) => {
    const view = viewed.get(accountId);
    if (view === undefined) return [`unprojected: ${accountId} is not in the read model`];
    if (view.version !== version || view.balance !== balance) {
      return [
        `diverged: ${accountId} is ${balance} at ${version}, viewed as ${view.balance} at ${view.version}`,
      ];
    }
    return [];
  });
};

/** Every way in which the run broke a promise; empty when it kept them all. */
export const checkHistory = (history: History): readonly string[] => [
  ...acknowledgementViolations(history),
  ...conservationViolations(history.accounts),
  ...logViolations(history),
  ...viewViolations(history),
];
