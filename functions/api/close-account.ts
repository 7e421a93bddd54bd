import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { accountAnswer, accountHeaders } from '../schemas/account-answer.ts';
import { id } from '../schemas/primitives.ts';
import { accountSchema } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

/** POST /v1/accounts/{accountId}/closure: closes an account on which nothing is left, for good. */
export const handler = httpEndpoint('close-account', {
  path: z.strictObject({ accountId: id('The account') }),
  answer: accountSchema,
  answerStatus: 200,
  answerHeaders: accountHeaders,
  problems: ['account-not-found', 'account-closed', 'account-not-empty'],
  execute: ({ path: { accountId }, who, deadline, traceparent }) =>
    ledger().changeAccount(who, accountId, 'close', { deadline, traceparent }),
  respond: (account) => accountAnswer(account),
});
