import { dayText, type Reconciliation, type ReconciliationItem } from '@atlas/domain';
import * as z from 'zod';
import * as p from './primitives.ts';

const date = z.iso.date().max(10).meta({ description: 'A day', example: '2026-10-31' });
const count = z.int().min(0);

export const referenceRule = z.enum(['required', 'preferred', 'ignored']);
export const outcome = z.enum(['matched', 'missing', 'extra']);

export const reconciliationSchema = z
  .object({
    reconciliationId: p.id('The reconciliation'),
    accountId: p.id('The account'),
    asset: p.assetCode,
    accountVersion: p.version.meta({
      description: 'Of the account: exactly the entries up to this version were compared',
    }),
    uploadId: z
      .string()
      .max(32)
      .meta({ example: '0f'.repeat(16) }),
    format: z.enum(['csv', 'camt053']),
    rules: z.object({ dateWindowDays: count, reference: referenceRule }),
    inverted: z.boolean(),
    periodFrom: date,
    periodTo: date,
    lines: count,
    matched: count,
    missing: count,
    extra: count,
    matchedAmount: p.signedAmount,
    missingAmount: p.signedAmount,
    extraAmount: p.signedAmount,
    createdAt: p.time,
  })
  .meta({
    id: 'Reconciliation',
    description:
      'Missing is on the statement and not in the ledger, extra the other way round. Amounts are sums: ' +
      'credits of the account are positive.',
  });

export const reconciliationWire = (one: Reconciliation): z.input<typeof reconciliationSchema> => ({
  reconciliationId: one.reconciliationId,
  accountId: one.accountId,
  asset: one.asset,
  accountVersion: one.accountVersion.toString(),
  uploadId: one.uploadId,
  format: one.format,
  rules: one.rules,
  inverted: one.inverted,
  periodFrom: dayText(one.period.from),
  periodTo: dayText(one.period.to),
  lines: one.lines,
  matched: one.matched,
  missing: one.missing,
  extra: one.extra,
  matchedAmount: one.matchedMinor.toString(),
  missingAmount: one.missingMinor.toString(),
  extraAmount: one.extraMinor.toString(),
  createdAt: one.createdAt.toISOString(),
});

export const reconciliationItemSchema = z
  .object({
    outcome,
    line: z
      .object({
        number: z.int().min(1).meta({ description: 'Counted from 1, in the order of the file' }),
        date,
        amount: p.signedAmount,
        reference: z.string().max(2_048).nullable(),
      })
      .nullable()
      .meta({ description: 'Of the statement, seen from the account; null of what is extra' }),
    entry: z
      .object({
        version: p.version,
        transferId: p.id('The transfer that wrote it'),
        amount: p.signedAmount,
        effectiveAt: p.time,
        reference: z.string().max(2_048).nullable(),
      })
      .nullable()
      .meta({ description: 'Of the account; null of what is missing' }),
  })
  .meta({ id: 'ReconciliationItem' });

export const reconciliationItemWire = ({
  outcome: what,
  line,
  entry,
}: ReconciliationItem): z.input<typeof reconciliationItemSchema> => ({
  outcome: what,
  line: line && {
    number: line.number,
    date: dayText(line.day),
    amount: line.amountMinor.toString(),
    reference: line.reference,
  },
  entry: entry && {
    version: entry.version.toString(),
    transferId: entry.transferId,
    amount: entry.amountMinor.toString(),
    effectiveAt: entry.effectiveAt.toISOString(),
    reference: entry.reference,
  },
});
