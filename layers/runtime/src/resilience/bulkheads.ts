import { Fault } from '@atlas/domain';
import { type BulkheadPolicy, BulkheadRejectedError, bulkhead } from 'cockatiel';

export interface BulkheadSettings {
  /** Calls at once, and how many may wait for a place. */
  readonly concurrent: number;
  readonly waiting: number;
  /** The same of one tenant: less, so that none fills it alone. */
  readonly concurrentOfTenant: number;
  readonly waitingOfTenant: number;
}

/**
 * Places before a dependency: some for all, and fewer for each tenant, who so cannot take them all. A call
 * whose signal has fired while it waited is not made when its turn comes; until then whoever made it has to
 * stop waiting by himself.
 */
export class Bulkheads {
  private readonly name: string;
  private readonly settings: BulkheadSettings;
  private readonly all: BulkheadPolicy;
  private readonly tenants = new Map<string, { readonly policy: BulkheadPolicy; users: number }>();

  constructor(name: string, settings: BulkheadSettings) {
    this.name = name;
    this.settings = settings;
    this.all = bulkhead(settings.concurrent, settings.waiting);
  }

  /** How many calls are under way. */
  get underWay(): number {
    return this.settings.concurrent - this.all.executionSlots;
  }

  /** Throws `overloaded`, at once, when there is no place to wait in either. */
  async run<T>(
    tenant: string | undefined,
    call: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    try {
      return await (tenant === undefined
        ? this.all.execute(call, signal)
        : this.ofTenant(tenant, (policy) =>
            policy.execute(() => this.all.execute(call, signal), signal),
          ));
    } catch (error) {
      if (!(error instanceof BulkheadRejectedError)) throw error;
      throw new Fault('overloaded', `${this.name} has more calls than places`, { cause: error });
    }
  }

  /** A tenant's places exist while he uses them. */
  private async ofTenant<T>(
    tenant: string,
    use: (policy: BulkheadPolicy) => Promise<T>,
  ): Promise<T> {
    const { concurrentOfTenant, waitingOfTenant } = this.settings;
    const own = this.tenants.get(tenant) ?? {
      policy: bulkhead(concurrentOfTenant, waitingOfTenant),
      users: 0,
    };
    own.users += 1;
    this.tenants.set(tenant, own);
    try {
      return await use(own.policy);
    } finally {
      own.users -= 1;
      if (own.users === 0) this.tenants.delete(tenant);
    }
  }
}
