import type { CaptureHold, PlaceHold } from '@atlas/domain';
import * as z from 'zod';
import { exampleIds } from './example-ids.ts';
import { amount, id, metadata, text, time } from './primitives.ts';

export const holdFields = {
  debitAccountId: id('The account on which it reserves'),
  creditAccountId: id('The account that takes what is captured', exampleIds.otherAccount),
  amount,
  expiresAt: time.nullish().meta({ description: 'From then on nothing is captured; null: never' }),
  reference: text(255).nullish(),
  metadata: metadata.optional(),
};

export const captureFields = {
  amount: amount.optional().meta({ description: 'How much to post; default: all that remains' }),
  final: z
    .boolean()
    .default(true)
    .meta({ description: 'Whether the rest is released; false keeps it for further captures' }),
};

export const holdCommand = (body: z.output<z.ZodObject<typeof holdFields>>): PlaceHold => ({
  debitAccountId: body.debitAccountId,
  creditAccountId: body.creditAccountId,
  amountMinor: body.amount,
  expiresAt: body.expiresAt == null ? null : new Date(body.expiresAt),
  reference: body.reference ?? null,
  metadata: body.metadata ?? {},
});

export const captureCommand = (body: z.output<z.ZodObject<typeof captureFields>>): CaptureHold => ({
  amountMinor: body.amount ?? null,
  final: body.final,
});
