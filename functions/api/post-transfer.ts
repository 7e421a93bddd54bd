import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { transferCommand, transferFields, transferRefusals } from '../schemas/transfer-commands.ts';
import { transferSchema, transferWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const PostTransferBody = z.strictObject(transferFields).meta({ id: 'PostTransfer' });

/** POST /v1/transfers: moves value between accounts and records the event, atomically. */
export const handler = httpEndpoint('post-transfer', {
  body: PostTransferBody,
  answer: transferSchema,
  answerStatus: 201,
  problems: [...transferRefusals, 'same-account', 'cross-shard-transfer'],
  execute: ({ body, who, deadline, traceparent }) =>
    ledger().postTransfer(who, transferCommand(body), { deadline, traceparent }),
  respond: (transfer) => ({
    headers: { Location: `/v1/transfers/${transfer.transferId}` },
    body: transferWire(transfer),
  }),
});
