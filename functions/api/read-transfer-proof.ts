import { accepted, refused } from '@atlas/domain';
import { Problem } from '@atlas/runtime';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { id } from '../schemas/primitives.ts';
import { transferProofSchema, transferProofWire } from '../schemas/proof.ts';
import { auditProofs } from '../services/audit-proofs.ts';

/** Sealing comes by once a minute. */
const retryAfterSeconds = 60;

/** GET /v1/transfers/{transferId}/proof: that it was sealed, for anybody to check. */
export const handler = httpEndpoint('read-transfer-proof', {
  path: z.strictObject({ transferId: id('The transfer') }),
  answer: transferProofSchema,
  answerStatus: 200,
  problems: ['transfer-not-found', 'proof-not-sealed'],
  execute: async ({ tenant, path: { transferId }, deadline }) => {
    const proofs = await auditProofs().read(tenant, transferId, { deadline });
    if (proofs === undefined) return refused({ code: 'transfer-not-found', transferId });
    if (proofs !== 'not-sealed') return accepted(proofs);
    const detail = `The transfer ${transferId} is not in the audit chain yet. Ask again in a minute.`;
    throw new Problem('proof-not-sealed', detail, { retryAfterSeconds });
  },
  respond: (proofs, { path: { transferId } }) => ({ body: transferProofWire(transferId, proofs) }),
});
