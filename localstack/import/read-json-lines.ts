import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import type { ImportItem } from './import-item.ts';

const amount = z.string().regex(/^-?\d+$/);

/** Atlas's own format: one object a line, in the order in which they depend on each other. */
const line = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('asset'), code: z.string(), scale: z.number().int() }),
  z.strictObject({
    type: z.literal('account'),
    ref: z.string().min(1),
    asset: z.string(),
    name: z.string().optional(),
    minBalance: amount.nullable().default('0'),
    maxBalance: amount.nullable().default(null),
  }),
  z.strictObject({
    type: z.literal('transfer'),
    postings: z
      .array(z.strictObject({ debit: z.string(), credit: z.string(), amount }))
      .min(1)
      .max(100),
    reference: z.string().optional(),
    metadata: z.record(z.string(), z.string()).default({}),
    effectiveAt: z.string().optional(),
  }),
]);

const itemOf = (where: string, text: string): ImportItem => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'refused', where, reason: 'is not JSON' };
  }
  const parsed = line.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join('.') || 'the line';
    return { kind: 'refused', where, reason: `${place}: ${issue?.message}` };
  }
  const { data } = parsed;
  if (data.type === 'asset') return { kind: 'asset', where, code: data.code, scale: data.scale };
  if (data.type === 'account') {
    const { ref, asset, minBalance, maxBalance } = data;
    return { kind: 'account', where, ref, asset, name: data.name ?? ref, minBalance, maxBalance };
  }
  const { postings, metadata } = data;
  const reference = data.reference ?? null;
  const effectiveAt = data.effectiveAt ?? null;
  const identity = JSON.stringify([postings, metadata, reference, effectiveAt]);
  return { kind: 'transfer', where, identity, postings, reference, metadata, effectiveAt };
};

export async function* readJsonLines(file: string): AsyncGenerator<ImportItem> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  let number = 0;
  for await (const text of lines) {
    number += 1;
    if (text.trim() !== '') yield itemOf(`line ${number}`, text);
  }
}
