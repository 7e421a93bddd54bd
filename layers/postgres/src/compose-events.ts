import {
  type AccountEntered,
  type EventMessage,
  eventSchemaVersions,
  type LedgerEvents,
  type LedgerEventType,
} from '@atlas/domain';

/** One outbox row beside one posting of its transfer (function ledger.read_outbox). */
export interface OutboxPostingRow extends Record<string, unknown> {
  readonly id: bigint;
  readonly partition: number;
  readonly aggregate_id: string;
  readonly written_at: Date;
  readonly attempts: number;
  readonly tenant: string;
  readonly trace: string | null;
  readonly event_type: LedgerEventType | null;
  readonly payload: LedgerEvents[LedgerEventType] | null;
  readonly recorded_at: Date;
  readonly effective_at: Date | null;
  readonly reference: string | null;
  readonly metadata: Record<string, string> | null;
  readonly is_own: boolean;
  readonly debit_account: string;
  readonly credit_account: string;
  readonly amount: bigint;
  readonly asset: string;
  readonly debit_entered: boolean;
  readonly credit_entered: boolean;
  readonly debit_version: bigint;
  readonly debit_balance: bigint;
  readonly debit_pending_debits: bigint | null;
  readonly debit_pending_credits: bigint | null;
  readonly credit_version: bigint;
  readonly credit_balance: bigint;
  readonly credit_pending_debits: bigint | null;
  readonly credit_pending_credits: bigint | null;
  readonly hold_id: string | null;
  readonly reverses: string | null;
}

/** An aggregate and its version name an event, so it has the same id however often it is sent. */
const eventIdOf = (aggregateId: string, version: string): string => `${aggregateId}/${version}`;

/** The events that one outbox row stands for, in the order in which they must be sent. */
export const composeEvents = (rows: readonly OutboxPostingRow[]): EventMessage[] => {
  const [first] = rows;
  if (first === undefined) return [];
  if (first.event_type !== null && first.payload !== null) {
    return [storedEvent(first, first.event_type, first.payload)];
  }
  const entered = rows.flatMap(enteredEvents);
  return first.is_own ? [transferPosted(first, rows), ...entered] : entered;
};

/** Times that Postgres has written into a payload, in the one form that schemas take. */
const timesIn = (payload: LedgerEvents[LedgerEventType]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(payload)
      .filter(([name, value]) => name.endsWith('At') && value !== null)
      .map(([name, value]) => [name, new Date(value as string).toISOString()]),
  );

/** An event that was written as it is, of an account or a hold. */
const storedEvent = (
  row: OutboxPostingRow,
  type: LedgerEventType,
  payload: LedgerEvents[LedgerEventType],
): EventMessage => ({
  eventId: eventIdOf(row.aggregate_id, 'version' in payload ? payload.version : ''),
  type,
  schemaVersion: eventSchemaVersions[type],
  topic: type.startsWith('Hold') ? 'ledger.hold.v1' : 'ledger.account.v1',
  key: row.aggregate_id,
  tenant: row.tenant,
  traceparent: row.trace,
  data: { ...payload, ...timesIn(payload) },
});

const transferPosted = (
  first: OutboxPostingRow,
  rows: readonly OutboxPostingRow[],
): EventMessage => ({
  eventId: first.aggregate_id,
  type: 'TransferPosted',
  schemaVersion: eventSchemaVersions.TransferPosted,
  topic: 'ledger.transfer.v1',
  key: first.aggregate_id,
  tenant: first.tenant,
  traceparent: first.trace,
  data: {
    transferId: first.aggregate_id,
    tenant: first.tenant,
    postings: rows.map((row) => ({
      debitAccountId: row.debit_account,
      creditAccountId: row.credit_account,
      asset: row.asset,
      amount: row.amount.toString(),
    })),
    reference: first.reference,
    metadata: first.metadata ?? {},
    effectiveAt: (first.effective_at ?? first.recorded_at).toISOString(),
    recordedAt: first.recorded_at.toISOString(),
    holdId: first.hold_id,
    reverses: first.reverses,
  },
});

const enteredEvents = (row: OutboxPostingRow): EventMessage[] => {
  const sides: EventMessage[] = [];
  if (row.debit_entered) {
    sides.push(
      entered(row, {
        accountId: row.debit_account,
        direction: 'debit',
        version: row.debit_version,
        balance: row.debit_balance,
        pendingDebits: row.debit_pending_debits,
        pendingCredits: row.debit_pending_credits,
      }),
    );
  }
  if (row.credit_entered) {
    sides.push(
      entered(row, {
        accountId: row.credit_account,
        direction: 'credit',
        version: row.credit_version,
        balance: row.credit_balance,
        pendingDebits: row.credit_pending_debits,
        pendingCredits: row.credit_pending_credits,
      }),
    );
  }
  return sides;
};

interface Side {
  readonly accountId: string;
  readonly direction: AccountEntered['direction'];
  readonly version: bigint;
  readonly balance: bigint;
  readonly pendingDebits: bigint | null;
  readonly pendingCredits: bigint | null;
}

const entered = (row: OutboxPostingRow, side: Side): EventMessage => ({
  eventId: eventIdOf(side.accountId, side.version.toString()),
  type: 'AccountEntered',
  schemaVersion: eventSchemaVersions.AccountEntered,
  topic: 'ledger.account.v1',
  key: side.accountId,
  tenant: row.tenant,
  traceparent: row.trace,
  data: {
    accountId: side.accountId,
    tenant: row.tenant,
    version: side.version.toString(),
    transferId: row.aggregate_id,
    holdId: row.hold_id,
    asset: row.asset,
    kind: 'posted',
    direction: side.direction,
    amount: row.amount.toString(),
    balanceAfter: side.balance.toString(),
    pendingDebitsAfter: (side.pendingDebits ?? 0n).toString(),
    pendingCreditsAfter: (side.pendingCredits ?? 0n).toString(),
    effectiveAt: (row.effective_at ?? row.recorded_at).toISOString(),
    recordedAt: row.recorded_at.toISOString(),
  },
});
