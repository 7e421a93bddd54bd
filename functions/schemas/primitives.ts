import { isId, maxAmountMinor } from '@atlas/domain';
import * as z from 'zod';

/** Text that both Postgres types and JSON can hold: no NUL, no half of a surrogate pair. */
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !value.includes('\u0000') && value.isWellFormed(), 'is not clean text');

export const id = (description: string) =>
  z
    .string()
    .refine(isId, 'is not an id')
    .meta({ description, example: '0192f0c1-2a3b-7c00-8d9e-0f1a2b3c4d5e' });

/** Of what has the form of an integer. */
const withinRange = (value: string) => {
  const amount = BigInt(value);
  return amount <= maxAmountMinor && amount >= -maxAmountMinor;
};

/** A positive amount in minor units, as a decimal integer in a string: 1050 is EUR 10.50. */
export const amount = z
  .string()
  .regex(/^[1-9][0-9]{0,18}$/, { error: 'is not a positive decimal integer', abort: true })
  .refine(withinRange, 'does not fit into 64 bits')
  .transform(BigInt)
  .meta({ description: 'Minor units, a positive decimal integer', example: '1050' });

export const limit = z
  .string()
  .regex(/^(0|-?[1-9][0-9]{0,18})$/, { error: 'is not a decimal integer', abort: true })
  .refine(withinRange, 'does not fit into 64 bits')
  .transform(BigInt)
  .meta({ description: 'Minor units, a decimal integer', example: '0' });

/** Amounts in answers. */
export const signedAmount = z
  .string()
  .regex(/^(0|-?[1-9][0-9]*)$/)
  .meta({ description: 'Minor units, a decimal integer', example: '-1050' });

export const version = z
  .string()
  .regex(/^[1-9][0-9]*$/)
  .meta({ description: 'Grows by one with each change of the account', example: '2' });

export const time = z.iso
  .datetime({ offset: true })
  .meta({ description: 'RFC 3339', example: '2026-11-23T12:00:00.000Z' });

export const assetCode = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,31}$/, 'is not an asset code')
  .meta({ description: 'A letter, then up to 31 letters, digits, . _ or -', example: 'EUR' });

const metadataValue = z
  .string()
  .max(512)
  .refine((value) => !value.includes('\u0000') && value.isWellFormed(), 'is not clean text');

/** Pairs to look for. */
export const metadataPairs = z.record(text(64), metadataValue);

export const metadata = metadataPairs
  .refine((pairs) => Object.keys(pairs).length <= 50, 'has more than 50 pairs')
  .meta({ description: 'Up to 50 pairs of text', example: { channel: 'web' } });

/** JSON merge patch (RFC 7396). */
export const metadataPatch = z
  .record(text(64), metadataValue.nullable())
  .refine((pairs) => Object.keys(pairs).length <= 100, 'names more than 100 pairs')
  .meta({
    description: 'What becomes of each pair that is named; null removes it',
    example: { channel: 'shop', note: null },
  });

/** The query of a list. */
export const pageQuery = (maxLimit = 200) => ({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(maxLimit)
    .default(Math.min(50, maxLimit))
    .meta({ description: `How many, at most ${maxLimit}` }),
  cursor: z.string().max(4_096).optional().meta({ description: 'nextCursor of the page before' }),
});

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().meta({ description: 'Null on the last page' }),
  });
