import { randomUUID } from 'node:crypto';
import {
  type Account,
  type Applied,
  apply,
  balanceOf,
  type Ledger,
  type LedgerCommand,
  type LedgerState,
  type ModelLedger,
} from '@atlas/domain';
import { honestModel } from './compare-ledgers.ts';

type Apply = typeof apply;
type Posting = LedgerCommand & { readonly type: 'postTransfer' };

export interface LedgerMutant {
  /** Completes "a ledger that …". */
  readonly name: string;
  readonly make: () => ModelLedger;
  /** What must notice: the examples of the contract, the random sequences, or both. */
  readonly caughtBy: 'examples' | 'sequences' | 'both';
}

const stepping = (step: Apply) => () => honestModel({ apply: step });

/** Postings see the accounts otherwise than they are; what is stored stays as it is. */
const seeing =
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
      const { status, asset, minBalance, maxBalance } = before.accounts.get(id) ?? account;
      return [id, { ...account, status, asset, minBalance, maxBalance }];
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

const creditsTwice = afterPosting((applied, { command }) => {
  const [first] = command.postings;
  return spoilAccount(applied, first?.creditAccountId, (account) => ({
    ...account,
    postedCredits: account.postedCredits + (first?.amountMinor ?? 0n),
  }));
});

const skipsVersions = afterPosting((applied, { command }) =>
  spoilAccount(applied, command.postings[0]?.debitAccountId, (account) => ({
    ...account,
    version: account.version + 1n,
  })),
);

const checksEachPosting: Apply = (state, command, surroundings) => {
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
const keepsFirstPosting = (): ModelLedger => {
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

const bumpsAnyway: Apply = (state, command, surroundings) => {
  const applied = apply(state, command, surroundings);
  if (command.type !== 'changeAccount' || 'refusal' in applied) return applied;
  if (applied.events.length > 0) return applied;
  return spoilAccount(applied, command.accountId, (account) => ({
    ...account,
    version: account.version + 1n,
  }));
};

const closesFull: Apply = (state, command, surroundings) => {
  const applied = apply(state, command, surroundings);
  if (!('refusal' in applied) || applied.refusal.code !== 'account-not-empty') return applied;
  return spoilAccount({ state, events: [] }, applied.refusal.accountId, (account) => ({
    ...account,
    status: 'closed',
    version: account.version + 1n,
  }));
};

const rescalesAssets: Apply = (state, command, surroundings) =>
  command.type === 'createAsset'
    ? {
        state: { ...state, assets: new Map(state.assets).set(command.asset.code, command.asset) },
        events: [],
      }
    : apply(state, command, surroundings);

const silentAboutFreezing: Apply = (state, command, surroundings) => {
  const applied = apply(state, command, surroundings);
  return command.type !== 'changeAccount' || 'refusal' in applied
    ? applied
    : { ...applied, events: [] };
};

const tellsWrongBalances = afterPosting((applied) => ({
  ...applied,
  events: applied.events.map((event) =>
    'balanceAfter' in event.data
      ? { ...event, data: { ...event.data, balanceAfter: event.data.amount } }
      : event,
  ),
}));

const looksForAccountsFirst: Apply = (state, command, surroundings) => {
  const applied = apply(state, command, surroundings);
  if (command.type !== 'postTransfer' || !('refusal' in applied)) return applied;
  if (applied.refusal.code !== 'cross-shard-transfer') return applied;
  const accountId = command.command.postings
    .flatMap((p) => [p.debitAccountId, p.creditAccountId])
    .find((id) => !state.accounts.has(id));
  return accountId === undefined ? applied : { refusal: { code: 'account-not-found', accountId } };
};

/** The ledger of the port, with one of its functions replaced. */
const around = (change: (honest: ModelLedger) => Partial<Ledger>) => (): ModelLedger => {
  const honest = honestModel();
  return Object.assign(Object.create(honest) as ModelLedger, change(honest));
};

const net = (account: Account): Account => {
  const balance = balanceOf(account);
  const postedCredits = balance > 0n ? balance : 0n;
  return { ...account, postedCredits, postedDebits: postedCredits - balance };
};

/** Each is the model with one promise broken, as a naive implementation would break it. */
export const ledgerMutants: readonly LedgerMutant[] = [
  {
    name: 'forgets the least balance',
    make: stepping(seeing((account) => ({ ...account, minBalance: null }))),
    caughtBy: 'both',
  },
  {
    name: 'forgets the greatest balance',
    make: stepping(seeing((account) => ({ ...account, maxBalance: null }))),
    caughtBy: 'both',
  },
  {
    name: 'posts to accounts that are frozen or closed',
    make: stepping(seeing((account) => ({ ...account, status: 'open' }))),
    caughtBy: 'both',
  },
  {
    name: 'lets assets mix',
    make: stepping(seeing((account) => ({ ...account, asset: 'EUR' }))),
    caughtBy: 'both',
  },
  { name: 'keeps one balance instead of totals', make: stepping(seeing(net)), caughtBy: 'both' },
  { name: 'credits twice', make: stepping(creditsTwice), caughtBy: 'both' },
  { name: 'skips a version', make: stepping(skipsVersions), caughtBy: 'both' },
  { name: 'checks limits posting by posting', make: stepping(checksEachPosting), caughtBy: 'both' },
  { name: 'keeps part of what it refused', make: keepsFirstPosting, caughtBy: 'both' },
  { name: 'counts a change that changes nothing', make: stepping(bumpsAnyway), caughtBy: 'both' },
  { name: 'closes accounts with money on them', make: stepping(closesFull), caughtBy: 'both' },
  { name: 'gives an asset another scale', make: stepping(rescalesAssets), caughtBy: 'both' },
  {
    name: 'says nothing of freezing',
    make: stepping(silentAboutFreezing),
    caughtBy: 'sequences',
  },
  {
    name: 'tells wrong balances in its events',
    make: stepping(tellsWrongBalances),
    caughtBy: 'sequences',
  },
  {
    name: 'looks for accounts before shards',
    make: stepping(looksForAccountsFirst),
    caughtBy: 'both',
  },
  {
    name: 'posts across shards',
    make: () =>
      honestModel({
        apply: (state, command, surroundings) => {
          const owners = surroundings.partitionMap.owners.map(() => ({ shard: 0, epoch: 1 }));
          const partitionMap = { ...surroundings.partitionMap, owners };
          return apply(state, command, { ...surroundings, partitionMap });
        },
      }),
    caughtBy: 'both',
  },
  {
    name: 'forgets keys',
    make: around((honest) => ({
      postTransfer: (who, ...rest) =>
        honest.postTransfer({ ...who, keyHash: randomUUID() }, ...rest),
    })),
    caughtBy: 'both',
  },
  {
    name: 'ignores what a key was used for',
    make: around((honest) => ({
      postTransfer: (who, ...rest) => honest.postTransfer({ ...who, requestHash: '' }, ...rest),
    })),
    caughtBy: 'both',
  },
  {
    name: 'tries again what it has refused',
    make: around((honest) => {
      const refused = new Map<string, number>();
      return {
        postTransfer: async (who, ...rest) => {
          const attempt = refused.get(who.tenant + who.keyHash) ?? 0;
          const keyHash = `${who.keyHash}-${attempt}`;
          const outcome = await honest.postTransfer({ ...who, keyHash }, ...rest);
          if (outcome.kind === 'refused' && outcome.refusal.code !== 'idempotency-key-reused') {
            refused.set(who.tenant + who.keyHash, attempt + 1);
          }
          return outcome;
        },
      };
    }),
    caughtBy: 'both',
  },
  {
    name: 'replays an account as it is now',
    make: around((honest) => ({
      openAccount: async (who, command, context) => {
        const outcome = await honest.openAccount(who, command, context);
        if (outcome.kind === 'refused' || !outcome.replayed) return outcome;
        const { accountId } = outcome.value;
        const value = await honest.readAccount(who.tenant, accountId, context);
        return value === undefined ? outcome : { ...outcome, value };
      },
    })),
    caughtBy: 'both',
  },
  {
    name: 'shares keys between tenants',
    make: around((honest) => {
      const owners = new Map<string, string>();
      return {
        postTransfer: async (who, ...rest) => {
          const owner = owners.get(who.keyHash) ?? who.tenant;
          owners.set(who.keyHash, owner);
          return owner === who.tenant
            ? honest.postTransfer(who, ...rest)
            : { kind: 'refused', refusal: { code: 'idempotency-key-reused' }, replayed: false };
        },
      };
    }),
    caughtBy: 'examples',
  },
  {
    name: 'shows accounts to other tenants',
    make: around((honest) => ({
      readAccount: (asked, ...rest) => honest.readAccount(asked.replace('-stranger', ''), ...rest),
    })),
    caughtBy: 'examples',
  },
  {
    name: 'loses an account between two pages',
    make: around((honest) => ({
      listAccounts: async (tenant, filter, page, context) => {
        const found = await honest.listAccounts(tenant, filter, page, context);
        return page.after === null ? found : { ...found, items: found.items.slice(1) };
      },
    })),
    caughtBy: 'examples',
  },
];
