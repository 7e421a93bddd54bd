import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { accountAnswer, accountHeaders } from '../schemas/account-answer.ts';
import {
  assetCode,
  describedCeiling,
  describedFloor,
  limit,
  metadata,
  text,
} from '../schemas/primitives.ts';
import { accountSchema } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const PostAccountBody = z
  .strictObject({
    asset: assetCode,
    name: text(2_048).nullish(),
    minBalance: limit
      .meta(describedFloor)
      .nullable()
      .default(0n)
      .meta({ description: 'The least balance; null: none. Default "0"', example: '0' }),
    maxBalance: limit
      .meta(describedCeiling)
      .nullable()
      .default(null)
      .meta({ description: 'The greatest balance; null: none', example: '100000' }),
    partitionKey: text(256)
      .nullish()
      .meta({ description: 'Places the account by a hash of its own, apart from the tenant' }),
    metadata: metadata.optional(),
  })
  .refine((body) => (body.minBalance ?? 0n) <= 0n, {
    path: ['minBalance'],
    message: 'must not be above 0, where every account starts',
  })
  .refine((body) => (body.maxBalance ?? 0n) >= 0n, {
    path: ['maxBalance'],
    message: 'must not be below 0, where every account starts',
  })
  .meta({ id: 'PostAccount' });

/** POST /v1/accounts: opens an account. */
export const handler = httpEndpoint('post-account', {
  description:
    'Open an account of one asset. Its balance stays between `minBalance` and `maxBalance`; ' +
    'null means that there is no limit, for accounts that face the outside world',
  body: PostAccountBody,
  answer: accountSchema,
  answerStatus: 201,
  answerHeaders: accountHeaders,
  problems: ['asset-not-found'],
  execute: ({ body, who, deadline, traceparent }) =>
    ledger().openAccount(
      who,
      {
        asset: body.asset,
        name: body.name ?? null,
        minBalance: body.minBalance,
        maxBalance: body.maxBalance,
        metadata: body.metadata ?? {},
        partitionKey: body.partitionKey ?? null,
      },
      { deadline, traceparent },
    ),
  respond: (account) => accountAnswer(account, { Location: `/v1/accounts/${account.accountId}` }),
});
