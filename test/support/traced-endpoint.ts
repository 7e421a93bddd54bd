import { accepted, deadlineIn, Fault } from '@atlas/domain';
import {
  type EndpointHandler,
  type EndpointSettings,
  httpEndpoint,
  ResilientGuard,
  systemClocks,
  usualSettings,
} from '@atlas/runtime';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import * as z from 'zod';

const settings: EndpointSettings = {
  name: 'look',
  method: 'GET',
  path: '/v1/things/{thingId}',
  scopes: 'public',
  slo: 'default',
  budgetMs: 4_000,
  idempotency: 'none',
};

/** A public endpoint that asks one dependency, by the name of `thing`. */
export const endpointThatAsks = (call: () => Promise<unknown>): EndpointHandler => {
  const guard = new ResilientGuard(
    { ...usualSettings, name: 'thing', timeout: 'adapter', firstDelayMs: 1 },
    { clocks: systemClocks, random: Math.random },
  );
  return httpEndpoint(settings, {
    answer: z.object({}),
    answerStatus: 200,
    problems: [],
    execute: async () => {
      const deadline = deadlineIn(Date.now(), 2_000);
      await guard.run(call, { deadline, effect: 'repeatable' });
      return accepted({});
    },
    respond: () => ({ body: {} }),
  });
};

/** Fails so often before it answers. */
export const failingTimes = (times: number) => {
  let failures = 0;
  return async (): Promise<string> => {
    failures += 1;
    if (failures <= times) throw new Fault('dependency-unavailable', 'down');
    return 'there';
  };
};

const context = { awsRequestId: 'r-1', getRemainingTimeInMillis: () => 6_000 } as Context;

export const ask = (
  handler: EndpointHandler,
  headers: Readonly<Record<string, string>> = {},
): Promise<APIGatewayProxyResult> => {
  const event = {
    ...{ httpMethod: 'GET', path: '/v1/things/7', headers },
    requestContext: { requestId: 'q-1' },
  } as unknown as APIGatewayProxyEvent;
  return handler(event, context);
};
