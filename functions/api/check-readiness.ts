import { accepted } from '@atlas/domain';
import type * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { healthType, readiness } from '../schemas/health.ts';
import { checkDependencies } from '../services/dependency-checks.ts';

/** Less than the endpoint's budget, so that a hanging part is named and not waited for. */
const timeoutMs = 1_500;

const isDatastore = (name: string): boolean => !name.startsWith('kafka');

/** GET /v1/health/ready: 200 when every dependency answers, else 503 and which does not. */
export const handler = httpEndpoint('check-readiness', {
  description:
    'Check each dependency, each with its own time-out: 503 with the same body when one of ' +
    'them does not answer',
  answer: readiness,
  answerStatus: 200,
  answerType: healthType,
  otherStatuses: { 503: 'Something that it needs does not answer' },
  problems: [],
  execute: async () => accepted(await checkDependencies(timeoutMs)),
  respond: (checks) => {
    const statusOf = (isWell: boolean) => (isWell ? 'pass' : 'fail');
    const isWell = checks.every(({ ok }) => ok);
    const time = new Date().toISOString();
    const body: z.input<typeof readiness> = {
      status: statusOf(isWell),
      checks: Object.fromEntries(
        checks.map(({ name, ok, latencyMs }) => [
          `${name}:responseTime`,
          [
            {
              status: statusOf(ok),
              componentType: isDatastore(name) ? 'datastore' : 'component',
              observedValue: latencyMs,
              observedUnit: 'ms',
              time,
            },
          ],
        ]),
      ),
    };
    return { status: isWell ? 200 : 503, body: JSON.stringify(body) };
  },
});
