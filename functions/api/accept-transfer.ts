import { reportTrouble } from '@atlas/runtime';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { intakeSchema, intakeWire } from '../schemas/intake.ts';
import { transferCommand, transferFields } from '../schemas/transfer-commands.ts';
import { announceIntake } from '../services/intake-queue.ts';
import { intakes } from '../services/intakes.ts';

const AcceptTransferBody = z.strictObject(transferFields).meta({ id: 'AcceptTransfer' });

/**
 * POST /v1/transfers/async: keeps a transfer, and answers before it is posted. The message to the poster
 * follows the commit: the sweep sends it where this does not, so that it fails no request.
 */
export const handler = httpEndpoint('accept-transfer', {
  body: AcceptTransferBody,
  answer: intakeSchema,
  answerStatus: 202,
  answerHeaders: { Location: 'Where to ask what became of it' },
  problems: ['same-account', 'cross-shard-transfer'],
  execute: async ({ body, who, deadline, traceparent }) => {
    const context = { deadline, traceparent };
    const outcome = await intakes().accept(who, transferCommand(body), context);
    if (outcome.kind === 'accepted' && !outcome.replayed) {
      const { intakeId } = outcome.value;
      const intake = { tenant: who.tenant, intakeId };
      await announceIntake(intake, context).catch((error: unknown) =>
        reportTrouble('IntakesUnannounced', 'the message of an intake was not sent', error),
      );
    }
    return outcome;
  },
  respond: (intake) => ({
    headers: { Location: `/v1/transfers/async/${intake.intakeId}` },
    body: intakeWire(intake),
  }),
});
