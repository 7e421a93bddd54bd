import { type CallContext, deadlineIn, type QuotaRate, type QuotaStore } from '@atlas/domain';
import { type Clocks, Later } from './clocks.ts';

export interface TenantQuotasOptions {
  readonly store: QuotaStore;
  readonly rate: QuotaRate;
  readonly clocks: Clocks;
}

/** What is known of a tenant's quota when a request of his has been looked at. */
export interface QuotaVerdict {
  readonly admitted: boolean;
  /** Requests that are left, as far as this process knows. */
  readonly remaining: number;
  /** Until all of them are there again. */
  readonly resetSeconds: number;
  readonly retryAfterSeconds: number;
}

interface Account {
  /** Leased and not used; below zero: used and not leased yet. */
  tokens: number;
  /** In the bucket, when it was last asked. */
  left: number;
  /** Too little was granted the last time: nothing goes on credit before a lease has brought a token. */
  poor: boolean;
  refused: Later | undefined;
  leasing: boolean;
  /** What the next lease is of, and how many requests have come since the last one began. */
  chunk: number;
  asked: number;
}

/** A lease is of so many seconds' tokens: less leases more often, more keeps it from the other processes. */
const leaseSeconds = 0.05;
/** Of so many at most, where the store is slow. */
const mostLeaseSeconds = 0.5;
const leaseMs = 1_000;
/** A refusal holds for so long at least, so that refusing costs nothing but a look at the clock. */
const leastRefusalMs = 100;
/** A store that does not answer is asked again after so long, and everything is let through until then. */
const blindMs = 1_000;
const maxTenants = 1_000;

/**
 * Quotas of tenants, from tokens that are leased in chunks. No request waits for a lease: it begins while half
 * a chunk is left, and where that is not enough requests go through on credit, up to 50 ms of the rate. So in
 * any time a tenant makes no more requests than the burst, what the rate gives, and that credit for each
 * process. A chunk is twice what comes while a lease is under way, so that a slow store holds nobody below the
 * rate. Without the store everybody goes through.
 */
export class TenantQuotas {
  readonly rate: QuotaRate;
  private readonly options: TenantQuotasOptions;
  private readonly leastChunk: number;
  private readonly mostChunk: number;
  private readonly accounts = new Map<string, Account>();

  constructor(options: TenantQuotasOptions) {
    this.options = options;
    this.rate = options.rate;
    const chunkOf = (seconds: number) => Math.max(1, Math.floor(this.rate.perSecond * seconds));
    this.leastChunk = chunkOf(leaseSeconds);
    this.mostChunk = chunkOf(mostLeaseSeconds);
  }

  /** A request of the tenant has come. */
  ask(tenant: string): QuotaVerdict {
    const account = this.accountOf(tenant);
    if (account.refused?.isOver === false) return this.verdict(account, false);
    const isOnCredit = account.tokens < 1;
    const mayOwe = !account.poor && account.tokens > -this.leastChunk;
    if (!isOnCredit || mayOwe) account.tokens -= 1;
    account.asked += 1;
    if (account.tokens < account.chunk / 2 && !account.leasing) void this.lease(tenant, account);
    return this.verdict(account, !isOnCredit || mayOwe);
  }

  private verdict(account: Account, admitted: boolean): QuotaVerdict {
    const { perSecond, burst } = this.rate;
    const left = admitted ? Math.max(0, account.left + account.tokens) : 0;
    return {
      admitted,
      remaining: Math.floor(left),
      resetSeconds: Math.ceil((burst - left) / perSecond),
      retryAfterSeconds: Math.max(1, Math.ceil((account.refused?.leftMs ?? 0) / 1_000)),
    };
  }

  private accountOf(tenant: string): Account {
    const known = this.accounts.get(tenant);
    if (known !== undefined) return known;
    const account: Account = {
      tokens: 0,
      left: this.rate.burst,
      poor: false,
      refused: undefined,
      leasing: false,
      chunk: this.leastChunk,
      asked: 0,
    };
    const [oldest] = this.accounts.keys();
    if (this.accounts.size >= maxTenants && oldest !== undefined) this.accounts.delete(oldest);
    this.accounts.set(tenant, account);
    return account;
  }

  /** Leases a chunk, and what is owed. */
  private async lease(tenant: string, account: Account): Promise<void> {
    const { store, clocks } = this.options;
    const context: CallContext = { deadline: deadlineIn(clocks.now(), leaseMs) };
    account.leasing = true;
    account.asked = 0;
    try {
      const wish = account.chunk - account.tokens;
      const { granted, left } = await store.lease(tenant, wish, context);
      account.tokens += granted;
      account.left = left;
      account.chunk = Math.min(this.mostChunk, Math.max(this.leastChunk, 2 * account.asked));
      account.poor = account.tokens < 1;
      if (!account.poor) return;
      // What is owed and a token more have to come first.
      const missing = 1 - left - account.tokens;
      const waitMs = (missing / this.rate.perSecond) * 1_000;
      account.refused = new Later(clocks, Math.max(leastRefusalMs, waitMs));
    } catch {
      account.tokens = Math.ceil(this.rate.perSecond * (blindMs / 1_000));
      account.poor = false;
    } finally {
      account.leasing = false;
    }
  }
}
