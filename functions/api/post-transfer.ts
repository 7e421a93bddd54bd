import { maxPostings } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { amount, id, metadata, text, time } from '../schemas/primitives.ts';
import { transferSchema, transferWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const PostTransferBody = z
  .strictObject({
    postings: z
      .array(
        z.strictObject({
          debitAccountId: id('The account that gives'),
          creditAccountId: id('The account that takes'),
          amount,
        }),
      )
      .min(1)
      .max(maxPostings),
    reference: text(255).nullish(),
    metadata: metadata.optional(),
    effectiveAt: time.optional().meta({ description: 'Business time; default: now' }),
  })
  .meta({ id: 'PostTransfer' });

/** POST /v1/transfers: moves value between accounts and records the event, atomically. */
export const handler = httpEndpoint('post-transfer', {
  body: PostTransferBody,
  answer: transferSchema,
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
  ],
  execute: ({ body, who, deadline, traceparent }) =>
    ledger().postTransfer(
      who,
      {
        postings: body.postings.map((posting) => ({
          debitAccountId: posting.debitAccountId,
          creditAccountId: posting.creditAccountId,
          amountMinor: posting.amount,
        })),
        reference: body.reference ?? null,
        metadata: body.metadata ?? {},
        effectiveAt: body.effectiveAt === undefined ? null : new Date(body.effectiveAt),
      },
      { deadline, traceparent },
    ),
  respond: (transfer) => ({
    headers: { Location: `/v1/transfers/${transfer.transferId}` },
    body: transferWire(transfer),
  }),
});
