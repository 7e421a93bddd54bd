import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import type { Annotations, ImportItem, OperationItem } from './import-item.ts';

const amount = z.string().regex(/^-?\d+$/);

const ref = z.string().min(1);
const metadata = z.record(z.string(), z.string()).default({});
const annotations = {
  reference: z.string().optional(),
  metadata,
  effectiveAt: z.string().optional(),
};

/** Atlas's own format: one object a line, in the order in which they depend on each other. */
const line = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('asset'), code: z.string(), scale: z.number().int() }),
  z.strictObject({
    type: z.literal('account'),
    ref,
    asset: z.string(),
    name: z.string().nullable().optional(),
    minBalance: amount.nullable().default('0'),
    maxBalance: amount.nullable().default(null),
    metadata,
    reuse: z.boolean().default(true),
  }),
  z.strictObject({
    type: z.literal('transfer'),
    ref: ref.optional(),
    postings: z
      .array(z.strictObject({ debit: z.string(), credit: z.string(), amount }))
      .min(1)
      .max(100),
    ...annotations,
  }),
  z.strictObject({ type: z.literal('reversal'), ref: ref.optional(), of: ref, ...annotations }),
  z.strictObject({
    type: z.literal('hold'),
    ref,
    debit: z.string(),
    credit: z.string(),
    amount,
    expiresAt: z.string().optional(),
    reference: z.string().optional(),
    metadata,
  }),
  z.strictObject({
    type: z.literal('capture'),
    ref: ref.optional(),
    hold: ref,
    amount: amount.optional(),
    final: z.boolean().default(true),
  }),
  z.strictObject({ type: z.literal('void'), hold: ref }),
  z.strictObject({
    type: z.literal('change'),
    account: ref,
    change: z.enum(['freeze', 'close']),
  }),
]);

type Line = z.output<typeof line>;

const annotationsOf = (data: {
  readonly reference?: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly effectiveAt?: string | undefined;
}): Annotations => ({
  reference: data.reference ?? null,
  metadata: data.metadata,
  effectiveAt: data.effectiveAt ?? null,
});

/** A line that was named apart is told apart by that; others are by what they say. */
const identityOf = (data: Line): string => {
  if (data.type !== 'transfer' || data.ref !== undefined) return JSON.stringify(data);
  const { reference, metadata: pairs, effectiveAt } = annotationsOf(data);
  return JSON.stringify([data.postings, pairs, reference, effectiveAt]);
};

const operationOf = (
  where: string,
  data: Exclude<Line, { type: 'asset' | 'account' }>,
): OperationItem => {
  const common = {
    where,
    identity: identityOf(data),
    ref: 'ref' in data ? (data.ref ?? null) : null,
  };
  switch (data.type) {
    case 'transfer':
      return { kind: 'transfer', ...common, postings: data.postings, ...annotationsOf(data) };
    case 'reversal':
      return { kind: 'reversal', ...common, of: data.of, ...annotationsOf(data) };
    case 'hold': {
      const { debit, credit, expiresAt = null, reference = null } = data;
      const sides = { debit, credit, amount: data.amount, expiresAt };
      return { kind: 'hold', ...common, ...sides, reference, metadata: data.metadata };
    }
    case 'capture': {
      const { hold, final } = data;
      return { kind: 'capture', ...common, hold, amount: data.amount, final };
    }
    case 'void':
      return { kind: 'void', ...common, hold: data.hold };
    case 'change':
      return { kind: 'change', ...common, account: data.account, change: data.change };
  }
};

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
  if (data.type !== 'account') return operationOf(where, data);
  const { type: kind, name = data.ref, ...account } = data;
  return { kind, where, name, ...account };
};

export async function* readJsonLines(file: string): AsyncGenerator<ImportItem> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  let number = 0;
  for await (const text of lines) {
    number += 1;
    if (text.trim() !== '') yield itemOf(`line ${number}`, text);
  }
}
