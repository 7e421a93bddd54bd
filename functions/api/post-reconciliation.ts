import { maxDateWindowDays } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { id, text } from '../schemas/primitives.ts';
import {
  reconciliationSchema,
  reconciliationWire,
  referenceRule,
} from '../schemas/reconciliation.ts';
import { reconcileStatement } from '../services/reconcile-statement.ts';
import { csvDateFormats } from '../services/statements/parse-csv.ts';

const column = text(255);

const CsvMapping = z
  .strictObject({
    delimiter: z.enum([',', ';', '\t', '|']).default(','),
    columns: z
      .union(
        [
          z.strictObject({ date: column, amount: column, reference: column.optional() }),
          z.strictObject({
            date: column,
            debit: column,
            credit: column,
            reference: column.optional(),
          }),
        ],
        { error: 'must name date, amount or debit and credit, and at most reference besides' },
      )
      .meta({
        description:
          'By the names in the first line of the file; amounts are in one column with a sign, or in two',
        example: { date: 'Date', amount: 'Amount', reference: 'Reference' },
      }),
    dateFormat: z.enum(csvDateFormats),
    decimalSeparator: z.enum(['.', ',']).default('.'),
  })
  .meta({ id: 'CsvMapping' });

const Rules = z.strictObject({
  dateWindowDays: z
    .int()
    .min(0)
    .max(maxDateWindowDays)
    .default(3)
    .meta({ description: 'How many days a line and its entry may lie apart', example: 3 }),
  reference: referenceRule.default('preferred'),
});

const fields = {
  accountId: id('The account'),
  uploadId: z
    .string()
    .regex(/^[0-9a-f]{32}$/, 'is not the id of an upload')
    .max(32)
    .meta({ description: 'As POST /v1/uploads gave it', example: '0f'.repeat(16) }),
  rules: Rules.prefault({}),
  inverted: z.boolean().default(false).meta({
    description: 'Whether the statement is seen from the other side: its credits are debits here',
  }),
};

const PostReconciliationBody = z
  .discriminatedUnion('format', [
    z.strictObject({ ...fields, format: z.literal('csv'), csv: CsvMapping }),
    z.strictObject({ ...fields, format: z.literal('camt053') }),
  ])
  .meta({ id: 'PostReconciliation' });

/** POST /v1/reconciliations: compares an uploaded statement with the entries of an account. */
export const handler = httpEndpoint('post-reconciliation', {
  body: PostReconciliationBody,
  answer: reconciliationSchema,
  answerStatus: 201,
  problems: [
    'account-not-found',
    'upload-not-found',
    'statement-too-large',
    'statement-unreadable',
    'statement-currency-mismatch',
    'statement-too-precise',
    'statement-period-too-busy',
  ],
  execute: ({ body, who, deadline, traceparent }) =>
    reconcileStatement(who, body, { deadline, traceparent }),
  respond: (reconciliation) => ({
    headers: { Location: `/v1/reconciliations/${reconciliation.reconciliationId}` },
    body: reconciliationWire(reconciliation),
  }),
});
