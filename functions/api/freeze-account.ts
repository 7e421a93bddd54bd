import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { accountAnswer, accountHeaders } from '../schemas/account-answer.ts';
import { id } from '../schemas/primitives.ts';
import { accountSchema } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

/** POST /v1/accounts/{accountId}/freeze: lets nothing be posted or reserved on an account any more. */
export const handler = httpEndpoint('freeze-account', {
  path: z.strictObject({ accountId: id('The account') }),
  answer: accountSchema,
  answerStatus: 200,
  answerHeaders: accountHeaders,
  problems: ['account-not-found', 'account-closed'],
  execute: ({ path: { accountId }, who, deadline, traceparent }) =>
    ledger().changeAccount(who, accountId, 'freeze', { deadline, traceparent }),
  respond: (account) => accountAnswer(account),
});
