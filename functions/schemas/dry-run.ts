import type { EndpointAnswer } from '@atlas/runtime';
import * as z from 'zod';

export const dryRunQuery = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .meta({ description: 'true: answer what would be done, and do nothing; the key stays unused' }),
});

/** Nothing was created, so there is no place to look for it. */
export const dryRunAnswer = (body: unknown): EndpointAnswer => ({
  status: 200,
  headers: { 'Atlas-Dry-Run': 'true' },
  body,
});

/** For endpoints that create something, and so answer otherwise. */
export const dryRunStatus = { 200: 'What would be created (`dryRun=true`)' };
