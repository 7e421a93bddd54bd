import { accepted, refused } from '@atlas/domain';
import { Problem } from '@atlas/runtime';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { id } from '../schemas/primitives.ts';
import { balanceSchema } from '../schemas/wire.ts';
import { balanceView } from '../services/balance-view.ts';
import { ledger } from '../services/ledger.ts';

const levels = ['linearizable', 'session', 'bounded', 'eventual'] as const;

interface Answer {
  readonly balance: z.input<typeof balanceSchema>;
  readonly headers: Readonly<Record<string, string>>;
}

const linearizable = async (
  tenant: string,
  accountId: string,
  deadline: { readonly atUnixMs: number },
): Promise<Answer | undefined> => {
  const found = await ledger().readBalance(tenant, accountId, { deadline });
  if (found === undefined) return undefined;
  return {
    balance: {
      accountId,
      asset: found.asset,
      version: found.version.toString(),
      balance: found.balanceMinor.toString(),
      available: found.availableMinor.toString(),
      pendingDebits: found.pendingDebits.toString(),
      pendingCredits: found.pendingCredits.toString(),
      recordedAt: found.recordedAt.toISOString(),
    },
    headers: { 'Atlas-Consistency': 'linearizable' },
  };
};

const eventual = async (tenant: string, accountId: string): Promise<Answer> => {
  const found = await balanceView().read(tenant, accountId);
  if (found === undefined) {
    const detail = 'It is new, or it does not exist. Ask again, or with consistency=linearizable.';
    throw new Problem('balance-not-projected', detail, { retryAfterSeconds: 1 });
  }
  return {
    balance: {
      accountId,
      asset: found.asset,
      version: found.version.toString(),
      balance: found.balanceMinor.toString(),
      available: (found.balanceMinor - found.pendingDebitsMinor).toString(),
      pendingDebits: found.pendingDebitsMinor.toString(),
      pendingCredits: found.pendingCreditsMinor.toString(),
      recordedAt: found.recordedAt.toISOString(),
    },
    headers: {
      'Atlas-Consistency': 'eventual',
      'Atlas-Staleness-Ms': String(Math.max(0, Date.now() - found.recordedAt.getTime())),
    },
  };
};

/** GET /v1/accounts/{accountId}/balance: a balance, at the consistency level that is asked for. */
export const handler = httpEndpoint('read-balance', {
  path: z.strictObject({ accountId: id('The account') }),
  query: z.strictObject({
    consistency: z.enum(levels).default('linearizable').meta({
      description: 'linearizable asks the leader; eventual asks the read model',
    }),
  }),
  answer: balanceSchema,
  answerStatus: 200,
  problems: ['account-not-found', 'balance-not-projected', 'consistency-unsupported'],
  execute: async ({ tenant, path: { accountId }, query: { consistency }, deadline }) => {
    if (consistency === 'eventual') return accepted(await eventual(tenant, accountId));
    if (consistency !== 'linearizable') {
      const detail = 'A balance is read with consistency=linearizable or eventual.';
      throw new Problem('consistency-unsupported', detail);
    }
    const found = await linearizable(tenant, accountId, deadline);
    return found === undefined
      ? refused({ code: 'account-not-found', accountId })
      : accepted(found);
  },
  respond: ({ balance, headers }) => ({ body: balance, headers }),
});
