import {
  type AccountChange,
  homePartition,
  type Ledger,
  makeId,
  type OpenAccount,
  type Outcome,
  type RequestIdentity,
} from '@atlas/domain';
import fc from 'fast-check';
import { call, request, transferOf } from '../support/ledger.ts';

/** Accounts are named by their place in the order of opening; beyond the last is one unknown. */
export type Step =
  | {
      readonly type: 'open';
      readonly asset: string;
      readonly minBalance: bigint | null;
      readonly maxBalance: bigint | null;
      readonly partitionKey: string | null;
    }
  | { readonly type: 'change'; readonly account: number; readonly change: AccountChange }
  | {
      readonly type: 'transfer';
      readonly postings: readonly (readonly [number, number, bigint])[];
    }
  /** The same request again, or another one under its key. */
  | { readonly type: 'repeat'; readonly request: number; readonly same: boolean };

const amount = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: 1n, max: 60n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 2n ** 63n - 40n, max: 2n ** 63n - 1n }) },
);
const account = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 4 }) },
  { weight: 1, arbitrary: fc.constant(99) },
);
const open = fc.record({
  type: fc.constant('open' as const),
  asset: fc.oneof(
    { weight: 8, arbitrary: fc.constant('EUR') },
    { weight: 2, arbitrary: fc.constant('USD') },
    { weight: 1, arbitrary: fc.constant('NONE') },
  ),
  minBalance: fc.constantFrom(null, null, 0n, -20n),
  maxBalance: fc.constantFrom(null, null, null, 50n),
  partitionKey: fc.constantFrom(null, null, null, 'a', 'b', 'c'),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: open },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('change' as const),
      account,
      change: fc.constantFrom('freeze', 'unfreeze', 'unfreeze', 'close'),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('transfer' as const),
      postings: fc.oneof(
        { weight: 3, arbitrary: fc.tuple(fc.tuple(account, account, amount)) },
        {
          weight: 2,
          arbitrary: fc.array(fc.tuple(account, account, amount), { minLength: 2, maxLength: 5 }),
        },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('repeat' as const),
      request: fc.nat({ max: 20 }),
      same: fc.boolean(),
    }),
  },
);

/** Begins with accounts to work with; what follows is anything. */
export const steps: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    fc.array(open, { minLength: 2, maxLength: 4 }),
    fc.array(step, { minLength: 4, maxLength: 12 }),
  )
  .map(([openings, rest]) => [...openings, ...rest]);

type Send = (who: RequestIdentity) => Promise<Outcome<unknown>>;

/** Sends steps to a ledger, and tells what it did in terms that two ledgers can share. */
export class Driver {
  readonly accounts: string[] = [];
  private readonly names = new Map<string, string>();
  private readonly sent: { readonly who: RequestIdentity; readonly send: Send }[] = [];
  private readonly ledger: Ledger;
  private readonly tenant: string;

  constructor(ledger: Ledger, tenant: string) {
    this.ledger = ledger;
    this.tenant = tenant;
    const unknown = makeId(1, homePartition(tenant), new Uint8Array(9));
    this.names.set(unknown, 'nobody');
    this.unknown = unknown;
  }

  private readonly unknown: string;

  private idOf(place: number): string {
    if (place === 99 || this.accounts.length === 0) return this.unknown;
    return this.accounts[place % this.accounts.length] ?? this.unknown;
  }

  /** Ids become names, times disappear: the rest must be equal. */
  normal(value: unknown): unknown {
    const text = JSON.stringify(value, (key, member) => {
      if (['recordedAt', 'openedAt', 'effectiveAt'].includes(key)) return 'some time';
      return typeof member === 'bigint' ? `${member}n` : member;
    });
    if (text === undefined) return undefined;
    return JSON.parse(
      text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (id) => this.names.get(id) ?? id),
    );
  }

  name(id: string, kind: string): void {
    if (!this.names.has(id)) this.names.set(id, `${kind}-${this.names.size}`);
  }

  async perform(step: Step, index: number): Promise<unknown> {
    if (step.type === 'repeat') {
      const earlier = this.sent[step.request % Math.max(1, this.sent.length)];
      if (earlier === undefined) return 'nothing was sent';
      const requestHash = step.same ? earlier.who.requestHash : 'f'.repeat(32);
      return this.outcome(await earlier.send({ ...earlier.who, requestHash }));
    }
    const who = request(this.tenant, `key-${index}`, `body-${index}`);
    const send = this.sender(step);
    this.sent.push({ who, send });
    return this.outcome(await send(who));
  }

  private sender(step: Exclude<Step, { type: 'repeat' }>): Send {
    if (step.type === 'open') {
      const { type: _, ...wishes } = step;
      const command: OpenAccount = { ...wishes, name: null, metadata: {} };
      return (who) => this.ledger.openAccount(who, command, call());
    }
    if (step.type === 'change') {
      const id = this.idOf(step.account);
      return (who) => this.ledger.changeAccount(who, id, step.change, call());
    }
    const postings = step.postings.map(
      ([debit, credit, amountMinor]) => [this.idOf(debit), this.idOf(credit), amountMinor] as const,
    );
    return (who) => this.ledger.postTransfer(who, transferOf(...postings), call());
  }

  private outcome(outcome: Outcome<unknown>): unknown {
    if (outcome.kind === 'accepted') {
      const value = outcome.value as { accountId?: string; transferId?: string };
      if (value.transferId !== undefined) this.name(value.transferId, 'transfer');
      else if (value.accountId !== undefined) {
        this.name(value.accountId, 'account');
        if (!this.accounts.includes(value.accountId)) this.accounts.push(value.accountId);
      }
    }
    return this.normal(outcome);
  }

  /** Everything that can be read. */
  async picture(): Promise<unknown> {
    const page = { limit: 200, after: null };
    const { ledger, tenant } = this;
    const nameOf = (item: unknown): string => {
      const { transferId, accountId } = item as { transferId?: string; accountId?: string };
      return transferId ?? accountId ?? '';
    };
    const byName = (items: readonly unknown[]) =>
      items.map((item) => this.normal(item)).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    const trial = await ledger.trialBalance(tenant, page, call());
    const entries = await Promise.all(
      this.accounts.map((id) => ledger.listEntries(tenant, id, page, call())),
    );
    const balances = await Promise.all(
      this.accounts.map((id) => ledger.readBalance(tenant, id, call())),
    );
    return {
      accounts: byName((await ledger.listAccounts(tenant, {}, page, call())).items),
      transfers: byName((await ledger.listTransfers(tenant, page, call())).items),
      entries: entries.map((all) => this.normal(all)),
      balances: balances.map((all) => this.normal(all)),
      totals: this.normal(trial.totals),
      lines: byName(trial.lines.items),
    };
  }
}
