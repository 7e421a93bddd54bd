import {
  authConfig,
  demandAtStart,
  type EndpointDefinition,
  type EndpointHandler,
  httpEndpoint as wrap,
} from '@atlas/runtime';
import type * as z from 'zod';
import { type EndpointName, endpoints } from './manifest.ts';
import { fleetMetrics } from './services/fleet-metrics.ts';
import { guardOf } from './services/guards.ts';
import { quotas } from './services/quotas.ts';

/**
 * A handler for the manifest's endpoint of this name, which gives it its route, scopes, budget and
 * kind of idempotency.
 */
export const httpEndpoint = <
  Body extends z.ZodType = z.ZodUndefined,
  Path extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Value = unknown,
>(
  name: EndpointName,
  definition: EndpointDefinition<Body, Path, Query, Value>,
): EndpointHandler => {
  const settings = endpoints.find((endpoint) => endpoint.name === name);
  if (settings === undefined) throw new Error(`the manifest has no endpoint ${name}`);
  if (settings.scopes !== 'public') demandAtStart(authConfig);
  return wrap(settings, definition, {
    quotas,
    fleet: fleetMetrics,
    keysGuard: () => guardOf('dynamodb-idempotency'),
  });
};
