import { accepted } from '@atlas/domain';
import { Problem } from '@atlas/runtime';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { id } from '../schemas/primitives.ts';
import { transferSchema, transferWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

/** GET /v1/transfers/{transferId}: one transfer, as it was recorded. */
export const handler = httpEndpoint('read-transfer', {
  path: z.strictObject({ transferId: id('The transfer') }),
  answer: transferSchema,
  answerStatus: 200,
  problems: ['transfer-not-found'],
  execute: async ({ tenant, path: { transferId }, deadline }) => {
    const transfer = await ledger().readTransfer(tenant, transferId, { deadline });
    if (transfer !== undefined) return accepted(transfer);
    throw new Problem('transfer-not-found', `There is no transfer ${transferId}.`);
  },
  respond: (transfer) => ({ body: transferWire(transfer) }),
});
