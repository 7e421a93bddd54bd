import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { dryRunAnswer, dryRunQuery, dryRunStatus } from '../schemas/dry-run.ts';
import { holdCommand, holdFields } from '../schemas/hold-commands.ts';
import { transferRefusals } from '../schemas/transfer-commands.ts';
import { holdChangeSchema, holdChangeWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';
import { rehearseHold } from '../services/rehearsals.ts';

const PostHoldBody = z.strictObject(holdFields).meta({ id: 'PostHold' });

/** POST /v1/holds: reserves funds until they are captured, voided or expired. */
export const handler = httpEndpoint('post-hold', {
  description:
    'Reserve funds until they are captured, voided, or expire at `expiresAt`. What is held is ' +
    'no longer available; the balance stays what it is',
  query: dryRunQuery,
  body: PostHoldBody,
  answer: holdChangeSchema,
  answerStatus: 201,
  otherStatuses: dryRunStatus,
  problems: [...transferRefusals, 'same-account', 'cross-shard-transfer', 'expiry-passed'],
  execute: ({ body, query, who, deadline, traceparent }) => {
    const command = holdCommand(body);
    return query.dryRun
      ? rehearseHold(who.tenant, { type: 'hold', command }, { deadline, traceparent })
      : ledger().placeHold(who, command, { deadline, traceparent });
  },
  respond: (change, { query }) => {
    const body = holdChangeWire(change);
    if (query.dryRun) return dryRunAnswer(body);
    return { headers: { Location: `/v1/holds/${change.hold.holdId}` }, body };
  },
});
