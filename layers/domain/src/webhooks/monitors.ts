/** Conditions on balances. They are told of when they come true, once each time. */

export type MonitoredMeasure = 'balance' | 'available';
export type MonitorOperator = '<' | '<=' | '>' | '>=';

export interface MonitorCondition {
  readonly measure: MonitoredMeasure;
  readonly operator: MonitorOperator;
  readonly amountMinor: bigint;
}

export interface Monitor extends MonitorCondition {
  readonly monitorId: string;
  readonly accountId: string;
  /** Whether the condition held at `version`. It triggers again only after it has not. */
  readonly isMet: boolean;
  /** Of the account: up to there every entry has been looked at. */
  readonly version: bigint;
  /** When the entry was recorded that made it trigger last. */
  readonly triggeredAt: Date | null;
  readonly createdAt: Date;
}

/** An account at one of its versions. */
export interface MonitoredBalance {
  readonly version: bigint;
  readonly balanceMinor: bigint;
  readonly availableMinor: bigint;
}

const compare: Readonly<Record<MonitorOperator, (value: bigint, amount: bigint) => boolean>> = {
  '<': (value, amount) => value < amount,
  '<=': (value, amount) => value <= amount,
  '>': (value, amount) => value > amount,
  '>=': (value, amount) => value >= amount,
};

export const isConditionMet = (
  { measure, operator, amountMinor }: MonitorCondition,
  { balanceMinor, availableMinor }: Omit<MonitoredBalance, 'version'>,
): boolean => compare[operator](measure === 'balance' ? balanceMinor : availableMinor, amountMinor);

export interface MonitorState {
  readonly isMet: boolean;
  readonly version: bigint;
}

/**
 * One step of a monitor: what it makes of the account at a version. Versions at or below the one it has
 * change nothing, so what comes twice triggers once. The reference of ledger.evaluate_monitors.
 */
export const evaluateMonitor = (
  condition: MonitorCondition,
  state: MonitorState,
  balance: MonitoredBalance,
): { readonly state: MonitorState; readonly triggered: boolean } => {
  if (balance.version <= state.version) return { state, triggered: false };
  const isMet = isConditionMet(condition, balance);
  return { state: { isMet, version: balance.version }, triggered: isMet && !state.isMet };
};
