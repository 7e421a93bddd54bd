import { randomUUID } from 'node:crypto';
import type { EndpointHandler } from '@atlas/runtime';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { endpoints } from '../../functions/manifest.ts';

export interface ApiRequest {
  readonly method: string;
  /** With the query, as in a request line. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; text as it is. */
  readonly body?: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export type Api = (request: ApiRequest) => Promise<ApiAnswer>;

const matchers = endpoints.map((endpoint) => ({
  endpoint,
  pattern: new RegExp(`^${endpoint.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}));

const handlers = new Map<string, Promise<EndpointHandler>>();

const handlerOf = (name: string): Promise<EndpointHandler> => {
  let loaded = handlers.get(name);
  if (loaded === undefined) {
    loaded = import(`../../functions/api/${name}.ts`).then(({ handler }) => handler);
    handlers.set(name, loaded);
  }
  return loaded;
};

/**
 * The API without a gateway: routes by the manifest to the real handlers, with proxy events as API
 * Gateway sends them. The environment is set before the first handler is loaded.
 */
export const inProcessApi = (environment: Readonly<Record<string, string>>): Api => {
  Object.assign(process.env, environment);
  return async (request) => {
    const url = new URL(request.path, 'http://in-process');
    const found = matchers
      .map(({ endpoint, pattern }) => ({ endpoint, match: pattern.exec(url.pathname) }))
      .find(({ endpoint, match }) => match !== null && endpoint.method === request.method);
    if (found === undefined) return { status: 404, headers: {}, body: { code: 'route-not-found' } };
    const handler = await handlerOf(found.endpoint.name);
    const event = eventOf(request, url, found.match?.groups ?? {}, found.endpoint.path);
    const context = {
      awsRequestId: randomUUID(),
      functionName: found.endpoint.name,
      getRemainingTimeInMillis: () => 30_000,
    } as unknown as Context;
    const answer = await handler(event, context);
    return {
      status: answer.statusCode,
      headers: Object.fromEntries(
        Object.entries(answer.headers ?? {}).map(([name, value]) => [
          name.toLowerCase(),
          String(value),
        ]),
      ),
      body: answer.body === '' ? undefined : JSON.parse(answer.body),
    };
  };
};

const eventOf = (
  request: ApiRequest,
  url: URL,
  pathParameters: Readonly<Record<string, string>>,
  resource: string,
): APIGatewayProxyEvent => {
  const query = Object.fromEntries(url.searchParams);
  const hasBody = request.body !== undefined;
  return {
    resource,
    path: url.pathname,
    httpMethod: request.method,
    headers: {
      ...(hasBody ? { 'Content-Type': 'application/json' } : {}),
      ...request.headers,
    },
    multiValueHeaders: {},
    queryStringParameters: Object.keys(query).length === 0 ? null : query,
    multiValueQueryStringParameters: null,
    pathParameters: Object.keys(pathParameters).length === 0 ? null : { ...pathParameters },
    stageVariables: null,
    body: !hasBody
      ? null
      : typeof request.body === 'string'
        ? request.body
        : JSON.stringify(request.body),
    isBase64Encoded: false,
    requestContext: { requestId: randomUUID() } as APIGatewayProxyEvent['requestContext'],
  };
};
