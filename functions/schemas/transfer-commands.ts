import { maxPostings, type PostTransfer, type ReverseTransfer } from '@atlas/domain';
import * as z from 'zod';
import { exampleIds } from './example-ids.ts';
import { amount, id, metadata, text, time } from './primitives.ts';

const annotations = {
  reference: text(255).nullish(),
  metadata: metadata.optional(),
  effectiveAt: time.optional().meta({ description: 'Business time; default: now' }),
};

export const transferFields = {
  postings: z
    .array(
      z.strictObject({
        debitAccountId: id('The account that gives'),
        creditAccountId: id('The account that takes', exampleIds.otherAccount),
        amount,
      }),
    )
    .min(1)
    .max(maxPostings),
  ...annotations,
};

export const reversalFields = annotations;

type Annotations = z.output<z.ZodObject<typeof annotations>>;

const annotated = (body: Annotations): ReverseTransfer => ({
  reference: body.reference ?? null,
  metadata: body.metadata ?? {},
  effectiveAt: body.effectiveAt === undefined ? null : new Date(body.effectiveAt),
});

export const transferCommand = (
  body: z.output<z.ZodObject<typeof transferFields>>,
): PostTransfer => ({
  postings: body.postings.map((posting) => ({
    debitAccountId: posting.debitAccountId,
    creditAccountId: posting.creditAccountId,
    amountMinor: posting.amount,
  })),
  ...annotated(body),
});

export const reversalCommand = (body: Annotations): ReverseTransfer => annotated(body);

/** What a transfer may be refused for, whatever asks for it. */
export const transferRefusals = [
  'account-not-found',
  'account-closed',
  'account-frozen',
  'asset-mismatch',
  'insufficient-funds',
  'balance-limit-exceeded',
  'amount-overflow',
] as const;
