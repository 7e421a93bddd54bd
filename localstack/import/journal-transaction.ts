import * as z from 'zod';
import type { Decimal } from './decimal.ts';

/** What `hledger print -O json` writes, as far as it is read here. Numbers arrive as text. */
const quantity = z.object({ decimalMantissa: z.string(), decimalPlaces: z.string() }).transform(
  (q): Decimal => ({
    mantissa: BigInt(q.decimalMantissa),
    places: Number(q.decimalPlaces),
  }),
);

const plainAmount = z.object({ acommodity: z.string(), aquantity: quantity });

const amount = plainAmount.extend({
  aprice: z.object({ tag: z.enum(['UnitPrice', 'TotalPrice']), contents: plainAmount }).nullish(),
  // Newer versions of hledger call it a cost.
  acost: z.object({ tag: z.enum(['UnitCost', 'TotalCost']), contents: plainAmount }).nullish(),
});

const posting = z.object({
  paccount: z.string(),
  pamount: z.array(amount),
  pcomment: z.string(),
  pdate: z.string().nullable(),
  ptype: z.enum(['RegularPosting', 'BalancedVirtualPosting', 'VirtualPosting']),
});

export const journalTransaction = z.object({
  tdate: z.string(),
  tdate2: z.string().nullable(),
  tdescription: z.string(),
  tcode: z.string(),
  tcomment: z.string(),
  tstatus: z.string(),
  ttags: z.array(z.tuple([z.string(), z.string()])),
  tsourcepos: z.array(z.object({ sourceLine: z.string() })).min(1),
  tpostings: z.array(posting),
});

export type JournalTransaction = z.output<typeof journalTransaction>;
export type JournalPosting = JournalTransaction['tpostings'][number];
export type JournalAmount = JournalPosting['pamount'][number];
