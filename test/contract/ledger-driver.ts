import type { CallContext, EventMessage, Ledger, Outcome, RequestIdentity } from '@atlas/domain';
import { call, request, transferOf } from '../support/ledger.ts';
import { type FreshStep, nobodyHere, nobodyThere, type Step } from './command-sequences.ts';
import { unknownId } from './ledger-check.ts';

type Send = (who: RequestIdentity) => Promise<Outcome<unknown>>;

const ids = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
const times = new Set(['recordedAt', 'openedAt', 'effectiveAt', 'placedAt']);
/** Times before it were asked for; later ones were taken from a clock. */
const clocks = '2020';
const everything = { limit: 200, after: null };

const ascending = (all: readonly Date[]): boolean =>
  all.every((time, i) => i === 0 || (all[i - 1] ?? time) <= time);

/** Sends steps to a ledger, and tells what it did in terms that two ledgers can share. */
export class LedgerDriver {
  private readonly accounts: string[] = [];
  private readonly holds: string[] = [];
  private readonly names = new Map<string, string>();
  private readonly sent: { readonly who: RequestIdentity; readonly send: Send }[] = [];
  private readonly ledger: Ledger;
  private readonly tenant: string;
  private readonly unknown: { readonly here: string; readonly there: string };

  constructor(ledger: Ledger, tenant: string) {
    this.ledger = ledger;
    this.tenant = tenant;
    this.unknown = { here: unknownId(tenant), there: unknownId(tenant, 128) };
  }

  /** What one step was answered. */
  async perform(step: Step, index: number): Promise<unknown> {
    if (step.type === 'repeat') {
      const earlier = this.sent[step.request % Math.max(1, this.sent.length)];
      return earlier === undefined ? 'nothing' : this.outcome(await earlier.send(earlier.who));
    }
    if (step.type === 'reuse') {
      const earlier = this.sent[step.request % Math.max(1, this.sent.length)];
      const { requestHash } = request(this.tenant, '', `body-${index}`);
      const send = this.sender(step.step, index);
      if (earlier === undefined) return 'nothing';
      return this.outcome(await send({ ...earlier.who, requestHash }));
    }
    const send = this.sender(step, index);
    const who = request(this.tenant, `key-${index}`, `body-${index}`);
    if (step.type !== 'asset') this.sent.push({ who, send });
    return this.outcome(await send(who));
  }

  /** Everything that can be read. */
  async picture(): Promise<unknown> {
    const { ledger, tenant } = this;
    const trial = await ledger.trialBalance(tenant, everything, call());
    const entries = await Promise.all(
      this.accounts.map((id) => ledger.listEntries(tenant, id, everything, call())),
    );
    const balances = await Promise.all(
      this.accounts.map((id) => ledger.readBalance(tenant, id, call())),
    );
    const transfers = (await ledger.listTransfers(tenant, everything, call())).items;
    const recordedAt = new Map(transfers.map((t) => [t.transferId, t.recordedAt.getTime()]));
    const all = entries.map((page) => page?.items ?? []);
    return {
      assets: (await ledger.listAssets(tenant, everything, call())).items,
      accounts: this.byName((await ledger.listAccounts(tenant, {}, everything, call())).items),
      transfers: this.byName(transfers),
      holds: this.byName((await ledger.listHolds(tenant, everything, call())).items),
      entries: all.map((items) => this.normal(items)),
      balances: balances.map((each) => this.normal(each)),
      totals: this.normal(trial.totals),
      lines: this.byName(trial.lines.items),
      timesAscend: all.map((items) => ascending(items.map((entry) => entry.recordedAt))),
      timesAgree: all
        .flat()
        .every(
          ({ transferId, recordedAt: entered }) =>
            transferId === null || recordedAt.get(transferId) === entered.getTime(),
        ),
    };
  }

  /** Per aggregate, since order is promised per aggregate, and all of it but what a clock told. */
  async told(events: readonly EventMessage[]): Promise<unknown> {
    const { tenant, ledger } = this;
    const own = events.filter((event) => event.tenant === tenant);
    const groups = Map.groupBy(own, ({ key }) => String(this.normal(key)));
    const stale: string[] = [];
    for (const [name, all] of groups) {
      const last = all.at(-1);
      const balance = last && (await ledger.readBalance(tenant, last.key, call()));
      const recordedAt = balance?.recordedAt.toISOString();
      if (balance !== undefined && recordedAt !== last?.data.recordedAt) stale.push(name);
    }
    return {
      stale,
      repeated: own.length - new Set(own.map((event) => event.eventId)).size,
      events: Object.fromEntries(
        [...groups]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, all]) => [key, this.normal(all)]),
      ),
    };
  }

  private idOf(place: number, among: readonly string[] = this.accounts): string {
    if (place === nobodyThere) return this.unknown.there;
    if (place === nobodyHere || among.length === 0) return this.unknown.here;
    return among[place % among.length] ?? this.unknown.here;
  }

  private sender(step: FreshStep, index: number): Send {
    const { ledger, tenant } = this;
    const trace = index.toString(16).padStart(16, '1');
    const context: CallContext = { ...call(), traceparent: `00-${trace}${trace}-${trace}-01` };
    if (step.type === 'asset') {
      const { code, scale } = step;
      return () => ledger.createAsset(tenant, { code, scale }, context);
    }
    if (step.type === 'open') {
      const { type: _, ...command } = step;
      return (who) => ledger.openAccount(who, command, context);
    }
    if (step.type === 'change') {
      const id = this.idOf(step.account);
      return (who) => ledger.changeAccount(who, id, step.change, context);
    }
    if (step.type === 'capture') {
      const id = this.idOf(step.hold, this.holds);
      const { amountMinor, final } = step;
      return (who) => ledger.captureHold(who, id, { amountMinor, final }, context);
    }
    if (step.type === 'void') {
      const id = this.idOf(step.hold, this.holds);
      return (who) => ledger.voidHold(who, id, context);
    }
    const named = ([debit, credit, minor]: readonly [number, number, bigint]) =>
      [this.idOf(debit), this.idOf(credit), minor] as const;
    if (step.type === 'hold') {
      const { expiresAt, reference, metadata } = step;
      const [posting] = transferOf(named(step.posting)).postings;
      if (posting === undefined) throw new Error('a hold has a posting');
      const command = { ...posting, expiresAt, reference, metadata };
      return (who) => ledger.placeHold(who, command, context);
    }
    const { postings } = transferOf(...step.postings.map(named));
    const { reference, metadata, effectiveAt } = step;
    const command = { postings, reference, metadata, effectiveAt };
    return (who) => ledger.postTransfer(who, command, context);
  }

  private outcome(outcome: Outcome<unknown>): unknown {
    if (outcome.kind === 'accepted') {
      const { accountId, transferId, hold } = outcome.value as {
        readonly accountId?: string;
        readonly transferId?: string | null;
        readonly hold?: { readonly holdId: string };
      };
      this.nameIt('account', accountId, this.accounts);
      this.nameIt('hold', hold?.holdId, this.holds);
      this.nameIt('transfer', transferId, []);
    }
    return this.normal(outcome);
  }

  /** Gives what is new a name, and a place among its kind. */
  private nameIt(kind: string, id: string | null | undefined, places: string[]): void {
    if (id === null || id === undefined || this.names.has(id)) return;
    this.names.set(id, `${kind}-${this.names.size}`);
    places.push(id);
  }

  /** Ids become names, and times of a clock disappear: the rest must be equal. */
  private normal(value: unknown): unknown {
    const text = JSON.stringify(value, (key, member) => {
      if (times.has(key)) return member < clocks ? member : 'some time';
      if (member === this.tenant) return 'tenant';
      return typeof member === 'bigint' ? `${member}n` : member;
    });
    if (text === undefined) return undefined;
    return JSON.parse(text.replaceAll(ids, (id) => this.names.get(id) ?? id));
  }

  private byName(items: readonly unknown[]): readonly unknown[] {
    const nameOf = (item: unknown): string => {
      const { transferId, holdId, accountId } = item as Readonly<Record<string, string>>;
      return transferId ?? holdId ?? accountId ?? '';
    };
    return items.map((item) => this.normal(item)).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  }
}
