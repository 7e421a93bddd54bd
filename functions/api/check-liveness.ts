import { accepted } from '@atlas/domain';
import { httpEndpoint } from '../http-endpoint.ts';
import { healthType, liveness } from '../schemas/health.ts';

/** GET /v1/health/live: answers, and so says that the API does. It asks nothing else. */
export const handler = httpEndpoint('check-liveness', {
  answer: liveness,
  answerStatus: 200,
  answerType: healthType,
  problems: [],
  execute: async () => accepted({ status: 'pass' }),
  respond: (body) => ({ body: JSON.stringify(body) }),
});
