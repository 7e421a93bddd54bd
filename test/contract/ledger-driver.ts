import type {
  BatchItem,
  CallContext,
  Entry,
  EventMessage,
  HoldReference,
  Ledger,
  Outcome,
  RequestIdentity,
} from '@atlas/domain';
import { call, request, transferOf } from '../support/ledger.ts';
import {
  businessTimes,
  type FreshStep,
  type ItemStep,
  nobodyHere,
  nobodyThere,
  type Step,
} from './command-sequences.ts';
import { unknownId } from './ledger-check.ts';

type Send = (who: RequestIdentity) => Promise<Outcome<unknown>>;

const ids = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
const times = new Set(['recordedAt', 'openedAt', 'effectiveAt', 'placedAt']);
/** Times before it were asked for; later ones were taken from a clock. */
const clocks = '2020';
const everything = { limit: 200, after: null };

const ascending = (all: readonly Date[]): boolean =>
  all.every((time, i) => i === 0 || (all[i - 1] ?? time) <= time);

const holdIdOf = (hold: HoldReference): string => {
  if ('holdId' in hold) return hold.holdId;
  throw new Error('only batches have items');
};

/** Sends steps to a ledger, and tells what it did in terms that two ledgers can share. */
export class LedgerDriver {
  private readonly accounts: string[] = [];
  private readonly holds: string[] = [];
  private readonly transfers: string[] = [];
  /** What each batch was told beforehand; it leaves no other trace. */
  private readonly previews: unknown[] = [];
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
      this.accounts.map((id) => ledger.listEntries(tenant, id, {}, everything, call())),
    );
    const balances = await Promise.all(
      this.accounts.map((id) => ledger.readBalance(tenant, id, call())),
    );
    const transfers = (await ledger.listTransfers(tenant, {}, everything, call())).items;
    const recordedAt = new Map(transfers.map((t) => [t.transferId, t.recordedAt.getTime()]));
    const all = entries.map((page) => page?.items ?? []);
    return {
      assets: (await ledger.listAssets(tenant, everything, call())).items,
      accounts: this.byName((await ledger.listAccounts(tenant, {}, everything, call())).items),
      transfers: this.byName(transfers),
      holds: this.byName((await ledger.listHolds(tenant, {}, everything, call())).items),
      entries: all.map((items) => this.normal(items)),
      balances: balances.map((each) => this.normal(each)),
      totals: this.normal(trial.totals),
      lines: this.byName(trial.lines.items),
      previews: this.previews,
      pasts: await Promise.all(this.accounts.map((id, i) => this.pasts(id, all[i] ?? []))),
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

  /** What is told of an account's past, and whether it is what its entries say. */
  private async pasts(accountId: string, entries: readonly Entry[]): Promise<unknown> {
    const { ledger, tenant } = this;
    const openedAt = (await ledger.readAccount(tenant, accountId, call()))?.openedAt.getTime() ?? 0;
    const past = (time: number) =>
      ledger.readBalanceAsOf(tenant, accountId, new Date(time), call());
    const middle = entries[Math.floor(entries.length / 2)]?.recordedAt.getTime() ?? openedAt;
    const known = entries.findLast(({ recordedAt }) => recordedAt.getTime() <= middle);
    const told = await past(middle);
    const effective = businessTimes.slice(1).map(async (time) => {
      const balance = await ledger.readEffectiveBalance(tenant, accountId, time, call());
      return this.normal(balance);
    });
    return {
      agrees:
        told.kind === 'accepted' &&
        told.value.version === (known?.version ?? 1n) &&
        told.value.balanceMinor === (known?.balanceAfterMinor ?? 0n) &&
        told.value.pendingCredits === (known?.pendingCreditsAfterMinor ?? 0n),
      early: this.normal(await past(openedAt - 1)),
      late: this.normal(await past(Date.now() + 60_000)),
      effective: await Promise.all(effective),
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
    if (step.type === 'patch') {
      const { type: _, account, ...command } = step;
      const id = this.idOf(account);
      return (who) => ledger.patchMetadata(who, id, command, context);
    }
    if (step.type === 'batch') {
      const { atomic } = step;
      const items = this.itemsOf(step.items);
      return async (who) => {
        const preview = await ledger.previewBatch(tenant, { atomic, items }, context);
        this.previews.push(this.normal(preview));
        return ledger.postBatch(who, { atomic, items }, context);
      };
    }
    const item = this.itemOf(step);
    switch (item.type) {
      case 'transfer':
        return (who) => ledger.postTransfer(who, item.command, context);
      case 'reversal':
        return (who) => ledger.reverseTransfer(who, item.transferId, item.command, context);
      case 'hold':
        return (who) => ledger.placeHold(who, item.command, context);
      case 'capture':
        return (who) => ledger.captureHold(who, holdIdOf(item.hold), item.command, context);
      case 'void':
        return (who) => ledger.voidHold(who, holdIdOf(item.hold), context);
    }
  }

  private itemsOf(
    items: readonly { readonly step: ItemStep; readonly ofLast: boolean }[],
  ): readonly BatchItem[] {
    return items.map(({ step, ofLast }, place) => {
      const item = this.itemOf(step);
      const last = items.slice(0, place).findLastIndex((other) => other.step.type === 'hold');
      const changes = item.type === 'capture' || item.type === 'void';
      return ofLast && changes && last >= 0 ? { ...item, hold: { item: last } } : item;
    });
  }

  private itemOf(step: ItemStep): BatchItem {
    const named = ([debit, credit, minor]: readonly [number, number, bigint]) =>
      [this.idOf(debit), this.idOf(credit), minor] as const;
    switch (step.type) {
      case 'transfer': {
        const { type, postings, ...rest } = step;
        const { postings: sides } = transferOf(...postings.map(named));
        return { type, command: { postings: sides, ...rest } };
      }
      case 'reversal': {
        const { type, transfer, ...command } = step;
        return { type, transferId: this.idOf(transfer, this.transfers), command };
      }
      case 'hold': {
        const { type, posting, ...rest } = step;
        const [sides] = transferOf(named(posting)).postings;
        if (sides === undefined) throw new Error('a hold has a posting');
        return { type, command: { ...sides, ...rest } };
      }
      case 'capture': {
        const { type, hold, ...command } = step;
        return { type, hold: { holdId: this.idOf(hold, this.holds) }, command };
      }
      case 'void':
        return { type: 'void', hold: { holdId: this.idOf(step.hold, this.holds) } };
    }
  }

  private outcome(outcome: Outcome<unknown>): unknown {
    if (outcome.kind === 'accepted') {
      const results = Array.isArray(outcome.value) ? outcome.value : [outcome.value];
      for (const result of results) this.nameResult(result);
    }
    return this.normal(outcome);
  }

  private nameResult(result: unknown): void {
    const { accountId, transferId, hold, transfer, change } = result as {
      readonly accountId?: string;
      readonly transferId?: string | null;
      readonly hold?: { readonly holdId: string };
      /** Of a batch. */
      readonly transfer?: object;
      readonly change?: object;
    };
    this.nameIt('account', accountId, this.accounts);
    this.nameIt('hold', hold?.holdId, this.holds);
    this.nameIt('transfer', transferId, this.transfers);
    if (transfer !== undefined) this.nameResult(transfer);
    if (change !== undefined) this.nameResult(change);
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
    const known = [this.unknown.here, this.unknown.there];
    // An id without a name was made for what was then refused.
    const named = (id: string) => this.names.get(id) ?? (known.includes(id) ? id : 'nobody');
    return JSON.parse(text.replaceAll(ids, named));
  }

  private byName(items: readonly unknown[]): readonly unknown[] {
    const nameOf = (item: unknown): string => {
      const { transferId, holdId, accountId } = item as Readonly<Record<string, string>>;
      return transferId ?? holdId ?? accountId ?? '';
    };
    return items.map((item) => this.normal(item)).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  }
}
