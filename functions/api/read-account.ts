import { accepted, refused } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { accountAnswer, accountHeaders } from '../schemas/account-answer.ts';
import { id } from '../schemas/primitives.ts';
import { accountSchema } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

/** GET /v1/accounts/{accountId}: one account, linearizably. */
export const handler = httpEndpoint('read-account', {
  path: z.strictObject({ accountId: id('The account') }),
  answer: accountSchema,
  answerStatus: 200,
  answerHeaders: accountHeaders,
  problems: ['account-not-found'],
  execute: async ({ tenant, path: { accountId }, deadline }) => {
    const account = await ledger().readAccount(tenant, accountId, { deadline });
    if (account === undefined) return refused({ code: 'account-not-found', accountId });
    return accepted(account);
  },
  respond: (account) => accountAnswer(account),
});
