import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { batchBody, batchItemOf, batchResultSchema, batchResultWire } from '../schemas/batch.ts';
import { ledger } from '../services/ledger.ts';

const batchAnswer = z
  .object({ items: z.array(batchResultSchema) })
  .meta({ id: 'BatchResults', description: 'A result for each item, in the order of the items.' });

/** POST /v1/transfers/batch: transfers, reversals, holds, captures and voids, in one transaction. */
export const handler = httpEndpoint('post-batch', {
  body: batchBody,
  answer: batchAnswer,
  answerStatus: 200,
  problems: ['batch-item-refused'],
  execute: ({ body, who, deadline, traceparent }) =>
    ledger().postBatch(
      who,
      { atomic: body.atomic, items: body.items.map(batchItemOf) },
      { deadline, traceparent },
    ),
  respond: (results) => ({ body: { items: results.map(batchResultWire) } }),
});
