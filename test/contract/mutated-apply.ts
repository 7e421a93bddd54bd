import {
  type Account,
  type Applied,
  apply,
  balanceOf,
  type LedgerCommand,
  type LedgerState,
  type ModelLedger,
  type PatchMetadata,
} from '@atlas/domain';
import { honestModel } from './compare-ledgers.ts';

/** The model's step with one promise broken; ledger-mutants.ts says which. */
export type Apply = typeof apply;
type Posting = LedgerCommand & { readonly type: 'postTransfer' };

/** Postings see the accounts otherwise than they are; what is stored stays as it is. */
export const seeing =
  (look: (account: Account) => Account): Apply =>
  (state, command, surroundings) => {
    if (command.type !== 'postTransfer') return apply(state, command, surroundings);
    const seen = new Map([...state.accounts].map(([id, account]) => [id, look(account)]));
    const applied = apply({ ...state, accounts: seen }, command, surroundings);
    return 'refusal' in applied ? applied : { ...applied, state: restored(state, applied.state) };
  };

const restored = (before: LedgerState, after: LedgerState): LedgerState => ({
  ...after,
  accounts: new Map(
    [...after.accounts].map(([id, account]) => {
      const known = before.accounts.get(id) ?? account;
      const { status, asset, minBalance, maxBalance, pendingDebits, pendingCredits } = known;
      const kept = { status, asset, minBalance, maxBalance, pendingDebits, pendingCredits };
      return [id, { ...account, ...kept }];
    }),
  ),
});

const afterPosting =
  (spoil: (applied: Exclude<Applied, { refusal: unknown }>, command: Posting) => Applied): Apply =>
  (state, command, surroundings) => {
    const applied = apply(state, command, surroundings);
    if (command.type !== 'postTransfer' || 'refusal' in applied) return applied;
    return spoil(applied, command);
  };

const spoilAccount = (
  applied: Exclude<Applied, { refusal: unknown }>,
  accountId: string | undefined,
  spoil: (account: Account) => Account,
): Applied => {
  const account = applied.state.accounts.get(accountId ?? '');
  if (account === undefined) return applied;
  const accounts = new Map(applied.state.accounts).set(account.accountId, spoil(account));
  return { ...applied, state: { ...applied.state, accounts } };
};

/** Patches are asked for otherwise. */
const patchingOtherwise =
  (change: (patch: PatchMetadata, account: Account | undefined) => PatchMetadata): Apply =>
  (state, command, surroundings) => {
    if (command.type !== 'patchMetadata') return apply(state, command, surroundings);
    const account = state.accounts.get(command.accountId);
    return apply(state, { ...command, command: change(command.command, account) }, surroundings);
  };

export const patchesAnyVersion = patchingOtherwise((patch) => ({
  ...patch,
  expectedVersions: null,
}));

export const replacesMetadata = patchingOtherwise((patch, account) => ({
  ...patch,
  changes: {
    ...Object.fromEntries(Object.keys(account?.metadata ?? {}).map((key) => [key, null])),
    ...patch.changes,
  },
}));

export const creditsTwice = afterPosting((applied, { command }) => {
  const [first] = command.postings;
  return spoilAccount(applied, first?.creditAccountId, (account) => ({
    ...account,
    postedCredits: account.postedCredits + (first?.amountMinor ?? 0n),
  }));
});

export const skipsVersions = afterPosting((applied, { command }) =>
  spoilAccount(applied, command.postings[0]?.debitAccountId, (account) => ({
    ...account,
    version: account.version + 1n,
  })),
);

export const checksEachPosting: Apply = (state, command, surroundings) => {
  if (command.type !== 'postTransfer') return apply(state, command, surroundings);
  let current = state;
  for (const posting of command.command.postings) {
    const single = { ...command, command: { ...command.command, postings: [posting] } };
    const applied = apply(current, single, surroundings);
    if ('refusal' in applied) return applied;
    current = applied.state;
  }
  return apply(state, command, surroundings);
};

/** The state of what was refused is kept as if its first posting had been all of it. */
export const keepsFirstPosting = (): ModelLedger => {
  let kept: LedgerState | undefined;
  const step: Apply = (state, command, surroundings) => {
    const current = kept ?? state;
    kept = undefined;
    const applied = apply(current, command, surroundings);
    if (command.type === 'postTransfer' && 'refusal' in applied) {
      const first = { ...command.command, postings: command.command.postings.slice(0, 1) };
      const partly = apply(current, { ...command, command: first }, surroundings);
      if (!('refusal' in partly)) kept = partly.state;
    }
    return applied;
  };
  const honest = honestModel({ apply: step });
  // A harmless command makes the kept state visible.
  const reading = async (tenant: string) => {
    const context = { deadline: { atUnixMs: Number.POSITIVE_INFINITY } };
    await honest.createAsset(tenant, { code: 'EUR', scale: 2 }, context);
  };
  return {
    ...honest,
    readBalance: async (tenant, ...rest) => {
      await reading(tenant);
      return honest.readBalance(tenant, ...rest);
    },
  };
};

export const bumpsAnyway: Apply = (state, command, surroundings) => {
  const applied = apply(state, command, surroundings);
  if (command.type !== 'changeAccount' || 'refusal' in applied) return applied;
  if (applied.events.length > 0) return applied;
  return spoilAccount(applied, command.accountId, (account) => ({
    ...account,
    version: account.version + 1n,
  }));
};

export const closesFull: Apply = (state, command, surroundings) => {
  const applied = apply(state, command, surroundings);
  if (!('refusal' in applied) || applied.refusal.code !== 'account-not-empty') return applied;
  return spoilAccount({ state, events: [] }, applied.refusal.accountId, (account) => ({
    ...account,
    status: 'closed',
    version: account.version + 1n,
  }));
};

export const rescalesAssets: Apply = (state, command, surroundings) =>
  command.type === 'createAsset'
    ? {
        state: { ...state, assets: new Map(state.assets).set(command.asset.code, command.asset) },
        events: [],
      }
    : apply(state, command, surroundings);

export const silentAboutFreezing: Apply = (state, command, surroundings) => {
  const applied = apply(state, command, surroundings);
  return command.type !== 'changeAccount' || 'refusal' in applied
    ? applied
    : { ...applied, events: [] };
};

export const tellsWrongBalances = afterPosting((applied) => ({
  ...applied,
  events: applied.events.map((event) =>
    'balanceAfter' in event.data
      ? { ...event, data: { ...event.data, balanceAfter: event.data.amount } }
      : event,
  ),
}));

export const looksForAccountsFirst: Apply = (state, command, surroundings) => {
  const applied = apply(state, command, surroundings);
  if (command.type !== 'postTransfer' || !('refusal' in applied)) return applied;
  if (applied.refusal.code !== 'cross-shard-transfer') return applied;
  const accountId = command.command.postings
    .flatMap((p) => [p.debitAccountId, p.creditAccountId])
    .find((id) => !state.accounts.has(id));
  return accountId === undefined ? applied : { refusal: { code: 'account-not-found', accountId } };
};

export const net = (account: Account): Account => {
  const balance = balanceOf(account);
  const postedCredits = balance > 0n ? balance : 0n;
  return { ...account, postedCredits, postedDebits: postedCredits - balance };
};

export const knowsOneShard: Apply = (state, command, surroundings) => {
  const owners = surroundings.partitionMap.owners.map(() => ({ shard: 0, epoch: 1 }));
  const partitionMap = { ...surroundings.partitionMap, owners };
  return apply(state, command, { ...surroundings, partitionMap });
};

/** Holds are placed by accounts without limits. */
export const holdsAnyAmount: Apply = (state, command, surroundings) => {
  if (command.type !== 'placeHold') return apply(state, command, surroundings);
  const unlimited = [...state.accounts].map(
    ([id, account]) => [id, { ...account, minBalance: null, maxBalance: null }] as const,
  );
  const seen = { ...state, accounts: new Map(unlimited) };
  const applied = apply(seen, command, surroundings);
  return 'refusal' in applied ? applied : { ...applied, state: restoredLimits(state, applied) };
};

const restoredLimits = (
  before: LedgerState,
  { state }: Exclude<Applied, { refusal: unknown }>,
): LedgerState => ({
  ...state,
  accounts: new Map(
    [...state.accounts].map(([id, account]) => {
      const { minBalance, maxBalance } = before.accounts.get(id) ?? account;
      return [id, { ...account, minBalance, maxBalance }];
    }),
  ),
});

/** What ended is seen as pending still. */
export const endsTwice: Apply = (state, command, surroundings) => {
  if (command.type !== 'captureHold' && command.type !== 'voidHold') {
    return apply(state, command, surroundings);
  }
  const hold = state.holds.get(command.holdId);
  if (hold === undefined) return apply(state, command, surroundings);
  const holds = new Map(state.holds).set(hold.holdId, { ...hold, status: 'pending' });
  return apply({ ...state, holds }, command, surroundings);
};

export const capturesOnce: Apply = (state, command, surroundings) =>
  command.type === 'captureHold'
    ? apply(state, { ...command, command: { ...command.command, final: true } }, surroundings)
    : apply(state, command, surroundings);

export const keepsTheRest: Apply = (state, command, surroundings) =>
  command.type === 'captureHold'
    ? apply(state, { ...command, command: { ...command.command, final: false } }, surroundings)
    : apply(state, command, surroundings);

export const forgetsExpiry: Apply = (state, command, surroundings) =>
  command.type === 'placeHold'
    ? apply(state, { ...command, command: { ...command.command, expiresAt: null } }, surroundings)
    : apply(state, command, surroundings);

export const silentAboutHolds: Apply = (state, command, surroundings) => {
  const applied = apply(state, command, surroundings);
  if ('refusal' in applied) return applied;
  const events = applied.events.filter(({ topic }) => topic !== 'ledger.hold.v1');
  return { ...applied, events };
};

/** No transfer is seen as a reversal. */
export const reversesAgain: Apply = (state, command, surroundings) => {
  if (command.type !== 'reverseTransfer') return apply(state, command, surroundings);
  const transfers = new Map(
    [...state.transfers].map(([id, transfer]) => [id, { ...transfer, reverses: null }] as const),
  );
  return apply({ ...state, transfers }, command, surroundings);
};
