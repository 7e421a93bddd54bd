import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { fleetText } from '../services/fleet-text.ts';

/** GET /v1/ops/metrics: what all functions counted, and what was measured, for whoever scrapes. */
export const handler = httpEndpoint('read-metrics', {
  description:
    'Read what was counted and measured, in the text format of Prometheus. Counts are those of all ' +
    'functions together, as they were told at most some seconds ago; nothing in them is of a tenant',
  answer: z.string().max(4_000_000).meta({
    description: 'Version 0.0.4 of the text format of Prometheus',
    example: 'atlas_requests_total{function="post-transfer"} 1027\n',
  }),
  answerStatus: 200,
  answerType: 'text/plain; version=0.0.4; charset=utf-8',
  problems: [],
  execute: async ({ deadline }) => accepted(await fleetText({ deadline })),
  respond: (text) => ({ body: text, headers: { 'Cache-Control': 'no-store' } }),
});
