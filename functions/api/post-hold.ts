import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { amount, id, metadata, text, time } from '../schemas/primitives.ts';
import { holdChangeSchema, holdChangeWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const PostHoldBody = z
  .strictObject({
    debitAccountId: id('The account on which it reserves'),
    creditAccountId: id('The account that takes what is captured'),
    amount,
    expiresAt: time
      .nullish()
      .meta({ description: 'From then on nothing is captured; null: never' }),
    reference: text(255).nullish(),
    metadata: metadata.optional(),
  })
  .meta({ id: 'PostHold' });

/** POST /v1/holds: reserves funds until they are captured, voided or expired. */
export const handler = httpEndpoint('post-hold', {
  body: PostHoldBody,
  answer: holdChangeSchema,
  answerStatus: 201,
  problems: [
    'account-not-found',
    'account-closed',
    'account-frozen',
    'asset-mismatch',
    'same-account',
    'insufficient-funds',
    'balance-limit-exceeded',
    'amount-overflow',
    'cross-shard-transfer',
    'expiry-passed',
  ],
  execute: ({ body, who, deadline, traceparent }) =>
    ledger().placeHold(
      who,
      {
        debitAccountId: body.debitAccountId,
        creditAccountId: body.creditAccountId,
        amountMinor: body.amount,
        expiresAt: body.expiresAt == null ? null : new Date(body.expiresAt),
        reference: body.reference ?? null,
        metadata: body.metadata ?? {},
      },
      { deadline, traceparent },
    ),
  respond: (change) => ({
    headers: { Location: `/v1/holds/${change.hold.holdId}` },
    body: holdChangeWire(change),
  }),
});
