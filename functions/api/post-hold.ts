import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { holdCommand, holdFields } from '../schemas/hold-commands.ts';
import { transferRefusals } from '../schemas/transfer-commands.ts';
import { holdChangeSchema, holdChangeWire } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const PostHoldBody = z.strictObject(holdFields).meta({ id: 'PostHold' });

/** POST /v1/holds: reserves funds until they are captured, voided or expired. */
export const handler = httpEndpoint('post-hold', {
  body: PostHoldBody,
  answer: holdChangeSchema,
  answerStatus: 201,
  problems: [...transferRefusals, 'same-account', 'cross-shard-transfer', 'expiry-passed'],
  execute: ({ body, who, deadline, traceparent }) =>
    ledger().placeHold(who, holdCommand(body), { deadline, traceparent }),
  respond: (change) => ({
    headers: { Location: `/v1/holds/${change.hold.holdId}` },
    body: holdChangeWire(change),
  }),
});
