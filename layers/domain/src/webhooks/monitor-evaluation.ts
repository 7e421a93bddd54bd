import type { CallContext } from '../ledger/ledger.ts';

/** An event about an account, and where it stands in its topic. */
export interface AccountNews {
  readonly tenant: string;
  readonly accountId: string;
  readonly version: bigint;
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly incarnation: string;
  readonly offset: bigint;
}

/** Port: what monitors make of news, exactly once in effect, whatever comes twice. */
export interface MonitorEvaluation {
  /** How many deliveries were queued; undefined where there was nothing to look at. */
  evaluate(news: AccountNews, context: CallContext): Promise<number | undefined>;
}
