import type { EndpointHandler } from '@atlas/runtime';
import type * as z from 'zod';
import type { EndpointRow } from '../manifest.ts';

/** An endpoint as its description needs it: the manifest's row, and what the handler says. */
export interface DescribedOperation {
  readonly row: EndpointRow;
  readonly definition: EndpointHandler['endpoint']['definition'];
}

/** Whether a schema is an object with a member of this name. */
export const hasMember = (schema: z.ZodType | undefined, name: string): boolean =>
  schema !== undefined && 'shape' in schema && name in (schema.shape as object);
