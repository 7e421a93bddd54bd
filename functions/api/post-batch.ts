import { maxBatchItems } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { batchBody, batchItemOf, batchResultSchema, batchResultWire } from '../schemas/batch.ts';
import { dryRunAnswer, dryRunQuery } from '../schemas/dry-run.ts';
import { ledger } from '../services/ledger.ts';

const batchAnswer = z
  .object({ items: z.array(batchResultSchema).max(maxBatchItems) })
  .meta({ id: 'BatchResults', description: 'A result for each item, in the order of the items.' });

/** POST /v1/transfers/batch: transfers, reversals, holds, captures and voids, in one transaction. */
export const handler = httpEndpoint('post-batch', {
  description:
    'Do up to 500 transfers, reversals, holds, captures and voids in one transaction: all or ' +
    'none, or with `atomic: false` each by itself, and a result for each item in their order',
  query: dryRunQuery,
  body: batchBody,
  answer: batchAnswer,
  answerStatus: 200,
  problems: ['batch-item-refused'],
  execute: ({ body, query, who, deadline, traceparent }) => {
    const command = { atomic: body.atomic, items: body.items.map(batchItemOf) };
    return query.dryRun
      ? ledger().previewBatch(who.tenant, command, { deadline, traceparent })
      : ledger().postBatch(who, command, { deadline, traceparent });
  },
  respond: (results, { query }) => {
    const body = { items: results.map(batchResultWire) };
    return query.dryRun ? dryRunAnswer(body) : { body };
  },
});
