import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { checkDependencies } from '../services/dependency-checks.ts';

const Readiness = z
  .object({
    status: z.enum(['ok', 'unavailable']),
    checks: z
      .array(
        z.object({
          name: z.string().max(64).meta({ example: 'postgres-0' }),
          ok: z.boolean(),
          latencyMs: z.number().min(0).meta({ example: 2 }),
        }),
      )
      .max(64),
  })
  .meta({ id: 'Readiness' });

/** Less than the endpoint's budget, so that a hanging part is named and not waited for. */
const timeoutMs = 1_500;

/** GET /v1/health/ready: 200 when every dependency answers, else 503 and which does not. */
export const handler = httpEndpoint('check-readiness', {
  description:
    'Check each dependency, each with its own time-out: 503 with the same body when one of ' +
    'them does not answer',
  answer: Readiness,
  answerStatus: 200,
  otherStatuses: { 503: 'Something that it needs does not answer' },
  problems: [],
  execute: async () => accepted(await checkDependencies(timeoutMs)),
  respond: (checks) => {
    const ok = checks.every((check) => check.ok);
    return { status: ok ? 200 : 503, body: { status: ok ? 'ok' : 'unavailable', checks } };
  },
});
