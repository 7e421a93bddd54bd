import { readFile } from 'node:fs/promises';
import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { builtFile } from '../services/built-file.ts';
import { once } from '../services/once.ts';
import { pagePolicy } from '../services/page-policy.ts';

const page = once(async () => {
  const html = await readFile(builtFile('docs.html'), 'utf8');
  return { html, policy: pagePolicy(html) };
});

/**
 * GET /v1/docs: the description of this API, to be read by people. One answer with everything in it,
 * since it is served below a path that differs from stage to stage.
 */
export const handler = httpEndpoint('read-docs', {
  answer: z.string().max(4_000_000).meta({ example: '<!doctype html>…' }),
  answerStatus: 200,
  answerType: 'text/html; charset=utf-8',
  answerHeaders: {
    'Content-Security-Policy': 'What the page may run and call',
    'X-Content-Type-Options': 'Always nosniff',
    'Referrer-Policy': 'Always no-referrer',
  },
  problems: [],
  execute: async () => accepted(await page()),
  respond: ({ html, policy }) => ({
    body: html,
    headers: {
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'public, max-age=3600',
    },
  }),
});
