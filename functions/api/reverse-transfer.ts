import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { dryRunAnswer, dryRunQuery, dryRunStatus } from '../schemas/dry-run.ts';
import { id } from '../schemas/primitives.ts';
import { reversalCommand, reversalFields, transferRefusals } from '../schemas/transfer-commands.ts';
import { transferSchema, transferWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';
import { rehearseTransfer } from '../services/rehearsals.ts';

const ReverseTransferBody = z.strictObject(reversalFields).meta({ id: 'ReverseTransfer' });

/** POST /v1/transfers/{transferId}/reversal: takes back every posting of a transfer, once. */
export const handler = httpEndpoint('reverse-transfer', {
  description:
    'Take back every posting of a transfer, once, with a transfer of its own. A transfer is ' +
    'never changed',
  path: z.strictObject({ transferId: id('The transfer') }),
  query: dryRunQuery,
  body: ReverseTransferBody,
  answer: transferSchema,
  answerStatus: 201,
  otherStatuses: dryRunStatus,
  problems: ['transfer-not-found', 'already-reversed', ...transferRefusals],
  execute: ({ body, path: { transferId }, query, who, deadline, traceparent }) => {
    const command = reversalCommand(body);
    const item = { type: 'reversal', transferId, command } as const;
    return query.dryRun
      ? rehearseTransfer(who.tenant, item, { deadline, traceparent })
      : ledger().reverseTransfer(who, transferId, command, { deadline, traceparent });
  },
  respond: (transfer, { query }) => {
    const body = transferWire(transfer);
    if (query.dryRun) return dryRunAnswer(body);
    return { headers: { Location: `/v1/transfers/${transfer.transferId}` }, body };
  },
});
