import { randomUUID } from 'node:crypto';
import type { Ledger, ModelLedger } from '@atlas/domain';
import { honestModel } from './compare-ledgers.ts';
import {
  type Apply,
  bumpsAnyway,
  capturesOnce,
  checksEachPosting,
  closesFull,
  creditsTwice,
  endsTwice,
  forgetsExpiry,
  holdsAnyAmount,
  keepsFirstPosting,
  keepsTheRest,
  knowsOneShard,
  looksForAccountsFirst,
  net,
  patchesAnyVersion,
  replacesMetadata,
  rescalesAssets,
  reversesAgain,
  seeing,
  silentAboutFreezing,
  silentAboutHolds,
  skipsVersions,
  tellsWrongBalances,
} from './mutated-apply.ts';

export interface LedgerMutant {
  /** Completes "a ledger that …". */
  readonly name: string;
  readonly make: () => ModelLedger;
  /** What must notice: the examples of the contract, the random sequences, or both. */
  readonly caughtBy: 'examples' | 'sequences' | 'both';
}

const stepping = (step: Apply) => () => honestModel({ apply: step });

/** The ledger of the port, with one of its functions replaced. */
const around = (change: (honest: ModelLedger) => Partial<Ledger>) => (): ModelLedger => {
  const honest = honestModel();
  return Object.assign(Object.create(honest) as ModelLedger, change(honest));
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
    name: 'overwrites what somebody else changed',
    make: stepping(patchesAnyVersion),
    caughtBy: 'both',
  },
  {
    name: 'replaces metadata instead of patching it',
    make: stepping(replacesMetadata),
    caughtBy: 'both',
  },
  {
    name: 'spends what is held',
    make: stepping(seeing((account) => ({ ...account, pendingDebits: 0n }))),
    caughtBy: 'both',
  },
  {
    name: 'fills the room that is held',
    make: stepping(seeing((account) => ({ ...account, pendingCredits: 0n }))),
    caughtBy: 'both',
  },
  { name: 'holds what is not there', make: stepping(holdsAnyAmount), caughtBy: 'both' },
  { name: 'ends a hold twice', make: stepping(endsTwice), caughtBy: 'both' },
  { name: 'takes every capture for the last', make: stepping(capturesOnce), caughtBy: 'both' },
  { name: 'keeps the rest of a final capture', make: stepping(keepsTheRest), caughtBy: 'both' },
  { name: 'forgets when holds expire', make: stepping(forgetsExpiry), caughtBy: 'both' },
  { name: 'says nothing of holds', make: stepping(silentAboutHolds), caughtBy: 'sequences' },
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
    make: stepping(knowsOneShard),
    caughtBy: 'both',
  },
  {
    name: 'forgets that a business time is not that of recording',
    make: around((honest) => ({
      readEffectiveBalance: async (tenant, id, effectiveAt, context) => {
        const now = await honest.readEffectiveBalance(tenant, id, new Date('2199-01-01'), context);
        const past = await honest.readBalanceAsOf(tenant, id, effectiveAt, context);
        const balanceMinor = past.kind === 'accepted' ? past.value.balanceMinor : 0n;
        return now && { ...now, balanceMinor };
      },
    })),
    caughtBy: 'both',
  },
  {
    name: 'answers a time before the opening with nothing',
    make: around((honest) => ({
      readBalanceAsOf: (tenant, id, asOf, context) => {
        const from = Math.max(asOf.getTime(), 0);
        return honest
          .readAccount(tenant, id, context)
          .then((account) =>
            honest.readBalanceAsOf(
              tenant,
              id,
              new Date(Math.max(from, account?.openedAt.getTime() ?? 0)),
              context,
            ),
          );
      },
    })),
    caughtBy: 'both',
  },
  {
    name: 'tells what is pending now of a past',
    make: around((honest) => ({
      readBalanceAsOf: async (tenant, id, asOf, context) => {
        const past = await honest.readBalanceAsOf(tenant, id, asOf, context);
        const now = await honest.readBalance(tenant, id, context);
        if (past.kind === 'refused' || now === undefined) return past;
        const { pendingDebits, pendingCredits } = now;
        const availableMinor = past.value.balanceMinor - pendingDebits;
        return {
          ...past,
          value: { ...past.value, pendingDebits, pendingCredits, availableMinor },
        };
      },
    })),
    caughtBy: 'both',
  },
  {
    name: 'does what it should preview',
    make: around((honest) => ({
      previewBatch: (tenant, ...rest) =>
        honest.postBatch({ tenant, keyHash: randomUUID(), requestHash: '' }, ...rest),
    })),
    caughtBy: 'both',
  },
  {
    name: 'leaves what a refused batch did',
    make: around((honest) => ({
      postBatch: async (who, command, context) => {
        if (!command.atomic) return honest.postBatch(who, command, context);
        const outcome = await honest.postBatch(who, command, context);
        const first = command.items.slice(0, 1);
        if (outcome.kind === 'refused' && outcome.refusal.code === 'batch-item-refused') {
          if (outcome.refusal.item === 0 || outcome.replayed) return outcome;
          const again = { ...who, keyHash: `${who.keyHash}-again` };
          await honest.postBatch(again, { atomic: false, items: first }, context);
        }
        return outcome;
      },
    })),
    caughtBy: 'both',
  },
  {
    name: 'reverses as often as it is asked',
    make: stepping(reversesAgain),
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
