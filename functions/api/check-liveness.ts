import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';

/** GET /v1/health/live: answers, and so says that the API does. It asks nothing else. */
export const handler = httpEndpoint('check-liveness', {
  answer: z.object({ status: z.literal('ok') }).meta({ id: 'Liveness' }),
  answerStatus: 200,
  problems: [],
  execute: async () => accepted({ status: 'ok' }),
  respond: (body) => ({ body }),
});
