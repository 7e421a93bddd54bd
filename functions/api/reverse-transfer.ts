import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { id } from '../schemas/primitives.ts';
import { reversalCommand, reversalFields, transferRefusals } from '../schemas/transfer-commands.ts';
import { transferSchema, transferWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const ReverseTransferBody = z.strictObject(reversalFields).meta({ id: 'ReverseTransfer' });

/** POST /v1/transfers/{transferId}/reversal: takes back every posting of a transfer, once. */
export const handler = httpEndpoint('reverse-transfer', {
  path: z.strictObject({ transferId: id('The transfer') }),
  body: ReverseTransferBody,
  answer: transferSchema,
  answerStatus: 201,
  problems: ['transfer-not-found', 'already-reversed', ...transferRefusals],
  execute: ({ body, path: { transferId }, who, deadline, traceparent }) =>
    ledger().reverseTransfer(who, transferId, reversalCommand(body), { deadline, traceparent }),
  respond: (transfer) => ({
    headers: { Location: `/v1/transfers/${transfer.transferId}` },
    body: transferWire(transfer),
  }),
});
