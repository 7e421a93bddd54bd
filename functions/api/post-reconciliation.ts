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
      .strictObject({
        date: column,
        amount: column.optional(),
        debit: column.optional(),
        credit: column.optional(),
        reference: column.optional(),
      })
      .refine(
        ({ amount, debit, credit }) =>
          amount === undefined
            ? debit !== undefined && credit !== undefined
            : debit === undefined && credit === undefined,
        'must name amount, or debit and credit',
      )
      .meta({
        description: 'By the names in the first line of the file',
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

const PostReconciliationBody = z
  .strictObject({
    accountId: id('The account'),
    uploadId: z
      .string()
      .regex(/^[0-9a-f]{32}$/, 'is not the id of an upload')
      .max(32)
      .meta({ description: 'As POST /v1/uploads gave it', example: '0f'.repeat(16) }),
    format: z.enum(['csv', 'camt053']),
    csv: CsvMapping.optional().meta({ description: 'Needed by csv, and by nothing else' }),
    rules: Rules.prefault({}),
    inverted: z.boolean().default(false).meta({
      description: 'Whether the statement is seen from the other side: its credits are debits here',
    }),
  })
  .refine(({ format, csv }) => (format === 'csv') === (csv !== undefined), {
    path: ['csv'],
    message: 'must be there for the format csv, and for no other',
  })
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
    reconcileStatement(who, { ...body, csv: body.csv }, { deadline, traceparent }),
  respond: (reconciliation) => ({
    headers: { Location: `/v1/reconciliations/${reconciliation.reconciliationId}` },
    body: reconciliationWire(reconciliation),
  }),
});
