import { accepted, type CallContext, type Outcome, refused } from '@atlas/domain';
import { Fallback, Problem, reportTrouble } from '@atlas/runtime';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { id, time } from '../schemas/primitives.ts';
import { balanceSchema, balanceWire, effectiveBalanceSchema } from '../schemas/wire.ts';
import { balanceView } from '../services/balance-view.ts';
import { ledger } from '../services/ledger.ts';

const levels = ['linearizable', 'session', 'bounded', 'eventual'] as const;

const balanceQuery = z
  .strictObject({
    consistency: z.enum(levels).default('linearizable').meta({
      description: 'linearizable asks the leader; eventual asks the read model',
    }),
    asOf: time.optional().meta({
      description: 'What had been recorded by then. The answer never changes',
    }),
    effectiveAt: time.optional().meta({
      description: 'What was effective then, in business time, by all that is known now',
    }),
  })
  .superRefine(({ consistency, asOf, effectiveAt }, context) => {
    if (asOf !== undefined && effectiveAt !== undefined) {
      const message = 'cannot be combined with asOf';
      context.addIssue({ code: 'custom', path: ['effectiveAt'], message });
    }
    if (consistency !== 'linearizable' && (asOf ?? effectiveAt) !== undefined) {
      const message = 'of a past balance is always linearizable';
      context.addIssue({ code: 'custom', path: ['consistency'], message });
    }
  });

interface Answer {
  readonly body: z.input<typeof balanceSchema> | z.input<typeof effectiveBalanceSchema>;
  readonly headers: Readonly<Record<string, string>>;
}

const fromLeader = (body: Answer['body']): Answer => ({
  body,
  headers: { 'Atlas-Consistency': 'linearizable' },
});

/** A time before the opening, or one that has not come, has no balance, and is refused. */
const asOfTime = async (
  tenant: string,
  accountId: string,
  asOf: Date,
  context: CallContext,
): Promise<Outcome<Answer>> => {
  const outcome = await ledger().readBalanceAsOf(tenant, accountId, asOf, context);
  if (outcome.kind === 'refused') return outcome;
  return accepted(fromLeader({ ...balanceWire(outcome.value), asOf: asOf.toISOString() }));
};

const effectiveAtTime = async (
  tenant: string,
  accountId: string,
  effectiveAt: Date,
  context: CallContext,
): Promise<Outcome<Answer>> => {
  const found = await ledger().readEffectiveBalance(tenant, accountId, effectiveAt, context);
  if (found === undefined) return refused({ code: 'account-not-found', accountId });
  return accepted(
    fromLeader({
      accountId,
      asset: found.asset,
      version: found.version.toString(),
      balance: found.balanceMinor.toString(),
      effectiveAt: effectiveAt.toISOString(),
      recordedAt: found.recordedAt.toISOString(),
    }),
  );
};

const latest = async (
  tenant: string,
  accountId: string,
  context: CallContext,
): Promise<Outcome<Answer>> => {
  const found = await ledger().readBalance(tenant, accountId, context);
  if (found === undefined) return refused({ code: 'account-not-found', accountId });
  return accepted(fromLeader(balanceWire(found)));
};

/** The leader serves everybody who asks for nothing, so it can take a fifth of who would do with less. */
const toLeader = new Fallback({
  budget: { ratio: 0.2, most: 10 },
  firstShare: 0.5,
  now: Date.now,
  onFallback: (error) =>
    reportTrouble('BalanceFallbacks', 'the read model is not there; the leader was asked', error),
});

const eventual = async (
  tenant: string,
  accountId: string,
  context: CallContext,
): Promise<Outcome<Answer>> => {
  const found = await balanceView().read(tenant, accountId, context);
  if (found === undefined) {
    const detail = 'It is new, or it does not exist. Ask again, or with consistency=linearizable.';
    throw new Problem('balance-not-projected', detail, { retryAfterSeconds: 1 });
  }
  const body = balanceWire({
    ...found,
    accountId,
    availableMinor: found.balanceMinor - found.pendingDebitsMinor,
    pendingDebits: found.pendingDebitsMinor,
    pendingCredits: found.pendingCreditsMinor,
  });
  const staleMs = Math.max(0, Date.now() - found.recordedAt.getTime());
  const headers = { 'Atlas-Consistency': 'eventual', 'Atlas-Staleness-Ms': String(staleMs) };
  return accepted({ body, headers });
};

/**
 * GET /v1/accounts/{accountId}/balance: a balance, at the consistency level that is asked for, or of a
 * past.
 */
export const handler = httpEndpoint('read-balance', {
  description:
    'Read a balance. `linearizable` asks the leader, and sees every transfer that was ' +
    'acknowledged before; `eventual` asks the read model, and says how old the answer may be; ' +
    'while the read model is down some of these are answered by the leader, as the header says. ' +
    '`asOf` and `effectiveAt` ask for a past balance',
  path: z.strictObject({ accountId: id('The account') }),
  query: balanceQuery,
  answer: z.union([balanceSchema, effectiveBalanceSchema]),
  answerStatus: 200,
  answerHeaders: {
    'Atlas-Consistency': 'The level that was kept',
    'Atlas-Staleness-Ms': 'How old the answer may be; absent where it is not stale',
  },
  problems: [
    'account-not-found',
    'balance-not-projected',
    'consistency-unsupported',
    'as-of-before-opening',
    'as-of-in-future',
  ],
  execute: async ({ tenant, path: { accountId }, query, deadline }) => {
    const { consistency, asOf, effectiveAt } = query;
    if (consistency === 'eventual') {
      return toLeader.run(
        deadline,
        (early) => eventual(tenant, accountId, { deadline: early }),
        (whole) => latest(tenant, accountId, { deadline: whole }),
      );
    }
    if (consistency !== 'linearizable') {
      const detail = 'A balance is read with consistency=linearizable or eventual.';
      throw new Problem('consistency-unsupported', detail);
    }
    if (asOf !== undefined) return asOfTime(tenant, accountId, new Date(asOf), { deadline });
    if (effectiveAt !== undefined) {
      return effectiveAtTime(tenant, accountId, new Date(effectiveAt), { deadline });
    }
    return latest(tenant, accountId, { deadline });
  },
  respond: (answer) => answer,
});
