import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { pageAnswer, pageRequest } from '../schemas/paging.ts';
import { pageQuery } from '../schemas/primitives.ts';
import { trialBalanceSchema } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const path = '/v1/reports/trial-balance';

/** GET /v1/reports/trial-balance: per asset, what all accounts add up to; debits equal credits. */
export const handler = httpEndpoint('read-trial-balance', {
  description:
    'Read the trial balance: per asset what all accounts add up to, debits equal to credits, ' +
    'and a page of accounts',
  query: z.strictObject(pageQuery(1_000)),
  answer: trialBalanceSchema,
  answerStatus: 200,
  problems: ['cursor-invalid'],
  execute: async ({ tenant, query, deadline }) => {
    const page = await pageRequest(query, { tenant, path });
    return accepted(await ledger().trialBalance(tenant, page, { deadline }));
  },
  respond: ({ totals, lines }, { tenant, query }) =>
    pageAnswer(
      lines,
      (line) => ({
        accountId: line.accountId,
        name: line.name,
        asset: line.asset,
        debits: line.debitsMinor.toString(),
        credits: line.creditsMinor.toString(),
        balance: (line.creditsMinor - line.debitsMinor).toString(),
      }),
      query,
      { tenant, path },
      {
        totals: totals.map((total) => ({
          asset: total.asset,
          debits: total.debitsMinor.toString(),
          credits: total.creditsMinor.toString(),
        })),
      },
    ),
});
