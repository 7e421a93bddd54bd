import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { accountAnswer, accountHeaders } from '../schemas/account-answer.ts';
import { id, metadataPatch } from '../schemas/primitives.ts';
import { accountSchema } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const PatchAccountBody = z.strictObject({ metadata: metadataPatch }).meta({ id: 'PatchAccount' });

/** PATCH /v1/accounts/{accountId}: changes metadata, pair by pair; nothing else of an account can be. */
export const handler = httpEndpoint('patch-account', {
  description:
    'Change the metadata of an account, pair by pair; null removes one. `If-Match` with the ' +
    'ETag that was read keeps two writers from overwriting each other',
  path: z.strictObject({ accountId: id('The account') }),
  body: PatchAccountBody,
  answer: accountSchema,
  answerStatus: 200,
  answerHeaders: accountHeaders,
  conditional: true,
  problems: ['account-not-found', 'metadata-version-mismatch', 'too-much-metadata'],
  execute: ({ body, path: { accountId }, precondition, who, deadline, traceparent }) =>
    ledger().patchMetadata(
      who,
      accountId,
      {
        changes: body.metadata,
        expectedVersions: precondition.kind === 'any' ? null : precondition.versions,
      },
      { deadline, traceparent },
    ),
  respond: (account) => accountAnswer(account),
});
