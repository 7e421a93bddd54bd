import { idPattern, maxAmountMinor } from '@atlas/domain';
import * as z from 'zod';
import { decimalPattern } from './decimal-pattern.ts';
import { exampleIds } from './example-ids.ts';

const isClean = (value: string) => !value.includes('\u0000') && value.isWellFormed();
const unclean = 'is not clean text';
const cleanPattern = { override: { pattern: '^[^\\u0000]*$' } };

/** What the pattern implies, said for tools that do not read patterns; not checked a second time. */
const impliedLength = (minLength: number, maxLength: number) => ({
  override: { minLength, maxLength },
});

/** Text that both Postgres types and JSON can hold: no NUL, no half of a surrogate pair. */
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine(isClean, unclean)
    .meta({ example: 'order 17', ...cleanPattern });

export const id = (description: string, example: string = exampleIds.account) =>
  z
    .string()
    .regex(idPattern, { error: 'is not an id', abort: true })
    .meta({ description, example, ...impliedLength(36, 36) });

/** Of what has the form of an integer. */
const withinRange = (value: string) => {
  const amount = BigInt(value);
  return amount <= maxAmountMinor && amount >= -maxAmountMinor;
};

/** For the description alone: what fits into 64 bits, digit by digit. */
const positive = decimalPattern(maxAmountMinor);
const described = (pattern: string) => ({
  override: { pattern: `^${pattern}$`, minLength: 1, maxLength: 20 },
});

/** A positive amount in minor units, as a decimal integer in a string: 1050 is EUR 10.50. */
export const amount = z
  .string()
  .regex(/^[1-9][0-9]{0,18}$/, { error: 'is not a positive decimal integer', abort: true })
  .refine(withinRange, 'does not fit into 64 bits')
  .transform(BigInt)
  .meta({
    description: 'Minor units, a positive decimal integer',
    example: '1050',
    ...described(positive),
  });

export const limit = z
  .string()
  .regex(/^(0|-?[1-9][0-9]{0,18})$/, { error: 'is not a decimal integer', abort: true })
  .refine(withinRange, 'does not fit into 64 bits')
  .transform(BigInt)
  .meta({
    description: 'Minor units, a decimal integer',
    example: '0',
    ...described(`(0|-?${positive})`),
  });

/** Not above 0, and not below: for the description, beside the check that says why. */
export const describedFloor = described(`(0|-${positive})`);
export const describedCeiling = described(`(0|${positive})`);

/** Amounts in answers: of one account within 64 bits, of a report beyond. */
export const signedAmount = z
  .string()
  .regex(/^(0|-?[1-9][0-9]*)$/)
  .max(40)
  .meta({ description: 'Minor units, a decimal integer', example: '1050' });

export const version = z
  .string()
  .regex(/^[1-9][0-9]*$/)
  .max(19)
  .meta({ description: 'Grows by one with each change of the account', example: '2' });

export const time = z.iso
  .datetime({ offset: true })
  .max(64)
  .meta({ description: 'RFC 3339', example: '2026-11-23T12:00:00.000Z' });

export const assetCode = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,31}$/, 'is not an asset code')
  .meta({
    description: 'A letter, then up to 31 letters, digits, . _ or -',
    example: 'EUR',
    ...impliedLength(1, 32),
  });

const metadataValue = z.string().max(512).refine(isClean, unclean).meta(cleanPattern);

/** Pairs to look for. */
export const metadataPairs = z.record(text(64), metadataValue);

export const metadata = metadataPairs
  .refine((pairs) => Object.keys(pairs).length <= 50, 'has more than 50 pairs')
  .meta({
    description: 'Up to 50 pairs of text',
    example: { channel: 'web' },
    override: { maxProperties: 50 },
  });

/** JSON merge patch (RFC 7396). */
export const metadataPatch = z
  .record(text(64), metadataValue.nullable())
  .refine((pairs) => Object.keys(pairs).length <= 100, 'names more than 100 pairs')
  .meta({
    description: 'What becomes of each pair that is named; null removes it',
    example: { channel: 'shop', note: null },
    override: { maxProperties: 100 },
  });

/** A place and its signature: what is no cursor of ours is refused by the signature, not the form. */
const cursorForm = {
  example: 'MDE5MmYwYzEtMmEzYi03YzAwLThkOWUtMGYxYTJiM2M0ZDVl.3q2-7wAAAAAAAAAAAAAAAA',
  override: { pattern: '^[A-Za-z0-9_-]+[.][A-Za-z0-9_-]{22}$' },
};

/** The query of a list. */
export const pageQuery = (maxLimit = 200) => ({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(maxLimit)
    .default(Math.min(50, maxLimit))
    .meta({ description: `How many, at most ${maxLimit}` }),
  cursor: z
    .string()
    .max(4_096)
    .optional()
    .meta({ description: 'nextCursor of the page before', ...cursorForm }),
});

export const nextCursor = z
  .string()
  .max(4_096)
  .meta(cursorForm)
  .nullable()
  .meta({ description: 'Null on the last page' });

export const pageOf = <Item extends z.ZodType>(item: Item, maxItems = 200) =>
  z.object({ items: z.array(item).max(maxItems), nextCursor });
