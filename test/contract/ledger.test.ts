import { randomBytes, randomUUID } from 'node:crypto';
import { type Applied, apply, type Ledger, type LedgerCommand, modelLedger } from '@atlas/domain';
import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { ledgerChecks } from './ledger-checks.ts';

const model = (step = apply): Ledger =>
  modelLedger({ now: () => new Date(), random: randomBytes, apply: step });

const tenant = (): string => `t-${randomUUID()}`;

describe('the reference model', () => {
  it.each(ledgerChecks)('$name', async ({ run }) => {
    await expect(run(model(), tenant())).resolves.toBeUndefined();
  });
});

describe('Postgres', () => {
  let database: TestDatabase;
  let ledger: PostgresLedger;
  beforeAll(async () => {
    database = await testDatabase();
    ledger = postgresLedger({ shards: database.api, namedStatements: true });
  });
  afterAll(async () => {
    await ledger.close();
    await database.drop();
  });
  it.each(ledgerChecks)('$name', async ({ run }) => {
    await expect(run(ledger, tenant())).resolves.toBeUndefined();
  });
});

/** Each is the model with one promise broken. */
type Step = typeof apply;
const onPost =
  (
    change: (applied: Applied, command: LedgerCommand & { type: 'postTransfer' }) => Applied,
  ): Step =>
  (state, command, surroundings) => {
    const applied = apply(state, command, surroundings);
    return command.type === 'postTransfer' ? change(applied, command) : applied;
  };

const withoutLimits: Step = (state, command, surroundings) => {
  const unlimited = new Map(
    [...state.accounts].map(([id, account]) => [
      id,
      { ...account, minBalance: null, maxBalance: null },
    ]),
  );
  const free = command.type === 'postTransfer' ? { ...state, accounts: unlimited } : state;
  return apply(free, command, surroundings);
};

const withoutStatus: Step = (state, command, surroundings) => {
  const open = new Map(
    [...state.accounts].map(([id, account]) => [id, { ...account, status: 'open' as const }]),
  );
  const thawed = command.type === 'postTransfer' ? { ...state, accounts: open } : state;
  return apply(thawed, command, surroundings);
};

const creditsTwice = onPost((applied, { command }) => {
  const [first] = command.postings;
  if ('refusal' in applied || first === undefined) return applied;
  const credited = applied.state.accounts.get(first.creditAccountId);
  if (credited === undefined) return applied;
  const postedCredits = credited.postedCredits + first.amountMinor;
  const accounts = new Map(applied.state.accounts).set(credited.accountId, {
    ...credited,
    postedCredits,
  });
  return { ...applied, state: { ...applied.state, accounts } };
});

const skipsVersions = onPost((applied, { command }) => {
  const [first] = command.postings;
  if ('refusal' in applied || first === undefined) return applied;
  const debited = applied.state.accounts.get(first.debitAccountId);
  if (debited === undefined) return applied;
  const accounts = new Map(applied.state.accounts).set(debited.accountId, {
    ...debited,
    version: debited.version + 1n,
  });
  return { ...applied, state: { ...applied.state, accounts } };
});

const mixesAssets: Step = (state, command, surroundings) => {
  const applied = apply(state, command, surroundings);
  if (!('refusal' in applied) || applied.refusal.code !== 'asset-mismatch') return applied;
  return { state, events: [] };
};

const checksEachPosting: Step = (state, command, surroundings) => {
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

const leavesTraces: Step = (state, command, surroundings) => {
  const applied = apply(state, command, surroundings);
  if (command.type !== 'postTransfer' || !('refusal' in applied)) return applied;
  const first = { ...command.command, postings: command.command.postings.slice(0, 1) };
  return apply(state, { ...command, command: first }, surroundings);
};

const mutants: readonly (readonly [string, Ledger])[] = [
  ['forgets limits', model(withoutLimits)],
  ['forgets that accounts are frozen or closed', model(withoutStatus)],
  ['credits twice', model(creditsTwice)],
  ['skips a version', model(skipsVersions)],
  ['lets assets mix', model(mixesAssets)],
  ['checks limits after each posting', model(checksEachPosting)],
  ['keeps the first posting of a refused transfer', model(leavesTraces)],
  [
    'forgets keys',
    (() => {
      const honest = model();
      return {
        ...honest,
        postTransfer: (who, ...rest) =>
          honest.postTransfer({ ...who, keyHash: randomUUID() }, ...rest),
      } satisfies Ledger;
    })(),
  ],
  [
    'ignores what a key was used for',
    (() => {
      const honest = model();
      return {
        ...honest,
        postTransfer: (who, ...rest) => honest.postTransfer({ ...who, requestHash: '' }, ...rest),
      } satisfies Ledger;
    })(),
  ],
  [
    'shows accounts to other tenants',
    (() => {
      const honest = model();
      return {
        ...honest,
        readAccount: (asked, ...rest) =>
          honest.readAccount(asked.replace('-stranger', ''), ...rest),
      } satisfies Ledger;
    })(),
  ],
];

describe('the contract', () => {
  it.each(mutants)('is broken by a ledger that %s', async (_name, mutant) => {
    const results = await Promise.allSettled(ledgerChecks.map(({ run }) => run(mutant, tenant())));
    expect(results.some((result) => result.status === 'rejected')).toBe(true);
  });
});
