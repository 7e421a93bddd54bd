import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { dryRunAnswer, dryRunQuery, dryRunStatus } from '../schemas/dry-run.ts';
import { transferCommand, transferFields, transferRefusals } from '../schemas/transfer-commands.ts';
import { transferSchema, transferWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';
import { rehearseTransfer } from '../services/rehearsals.ts';

const PostTransferBody = z.strictObject(transferFields).meta({ id: 'PostTransfer' });

/** POST /v1/transfers: moves value between accounts and records the event, atomically. */
export const handler = httpEndpoint('post-transfer', {
  description:
    'Move value between accounts: 1 to 100 postings, all or none. Limits are checked after ' +
    'the last posting. The answer has the balances that are left, so nothing has to be read ' +
    'afterwards',
  query: dryRunQuery,
  body: PostTransferBody,
  answer: transferSchema,
  answerStatus: 201,
  otherStatuses: dryRunStatus,
  problems: [...transferRefusals, 'same-account', 'cross-shard-transfer'],
  execute: ({ body, query, who, deadline, traceparent }) => {
    const command = transferCommand(body);
    return query.dryRun
      ? rehearseTransfer(who.tenant, { type: 'transfer', command }, { deadline, traceparent })
      : ledger().postTransfer(who, command, { deadline, traceparent });
  },
  respond: (transfer, { query }) => {
    const body = transferWire(transfer);
    if (query.dryRun) return dryRunAnswer(body);
    return { headers: { Location: `/v1/transfers/${transfer.transferId}` }, body };
  },
});
