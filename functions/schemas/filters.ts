import type { AmountRange, TimeRange } from '@atlas/domain';
import type * as z from 'zod';
import { id, limit, metadataPairs, time } from './primitives.ts';

const bounds = <Name extends string, Bound extends z.ZodType>(
  name: Name,
  bound: (description: string) => Bound,
  [from, to]: readonly [string, string],
) =>
  ({
    [`${name}From`]: bound(from).optional(),
    [`${name}To`]: bound(to).optional(),
  }) as { readonly [Key in `${Name}From` | `${Name}To`]: z.ZodOptional<Bound> };

/** Two parameters that bound a time. */
export const during = <Name extends string>(name: Name, what: string) =>
  bounds(name, (description) => time.meta({ description }), [
    `${what} then or later`,
    `${what} before`,
  ]);

/** Two parameters that bound an amount. */
export const within = <Name extends string>(name: Name, what: string) =>
  bounds(name, (description) => limit.meta({ description }), [
    `${what}, at least, in minor units`,
    `${what}, at most`,
  ]);

export const timeRange = (from: string | undefined, to: string | undefined): TimeRange => ({
  from: from === undefined ? undefined : new Date(from),
  to: to === undefined ? undefined : new Date(to),
});

export const amountRange = (from: bigint | undefined, to: bigint | undefined): AmountRange => ({
  from,
  to,
});

export const ofAccount = id('An account on either side').optional();

/** `metadata[key]=value`, any number of times. */
export const withMetadata = metadataPairs.optional().meta({
  description: 'Pairs that it has, among others: `metadata[channel]=web`',
  param: { style: 'deepObject', explode: true },
});
