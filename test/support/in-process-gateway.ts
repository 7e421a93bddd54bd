import { randomUUID } from 'node:crypto';
import type { EndpointHandler } from '@atlas/runtime';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { endpoints } from '../../functions/manifest.ts';
import { type AnswerCheck, answerCheck, type WireAnswer } from './described-answers.ts';

/** A request as it comes over the wire. */
export interface WireRequest {
  readonly method: string;
  /** With the query, as in a request line. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** `name`: the operation that answered; none where the gateway did by itself. */
export type Gateway = (request: WireRequest) => Promise<WireAnswer & { readonly name?: string }>;

const matchers = endpoints.map((endpoint) => ({
  endpoint,
  pattern: new RegExp(
    `^${endpoint.path.replaceAll('.', '[.]').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`,
  ),
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

/** As lib/constructs/problem-responses.ts makes the real one answer. */
const routeNotFound = (path: string): WireAnswer => {
  const requestId = randomUUID();
  const problem = {
    type: 'urn:atlas:problem:route-not-found',
    title: 'There is nothing at this address',
    status: 404,
    detail: 'The gateway answered this request itself.',
    instance: path,
    code: 'route-not-found',
    retryable: false,
    requestId,
  };
  return {
    status: 404,
    headers: { 'content-type': 'application/problem+json', 'x-request-id': requestId },
    text: JSON.stringify(problem),
  };
};

/**
 * Routes by the manifest to the real handlers, with proxy events as API Gateway sends them, and holds
 * every answer to the API description: one that it does not promise is an error here, whatever else a
 * test looks at. The environment is set before the first handler is loaded.
 */
export const inProcessGateway = (environment: Readonly<Record<string, string>>): Gateway => {
  Object.assign(process.env, environment);
  let check: Promise<AnswerCheck> | undefined;
  return async (request) => {
    const url = new URL(request.path, 'http://in-process');
    const found = matchers
      .map(({ endpoint, pattern }) => ({ endpoint, match: pattern.exec(url.pathname) }))
      .find(({ endpoint, match }) => match !== null && endpoint.method === request.method);
    if (found === undefined) return routeNotFound(url.pathname);
    const { name, path } = found.endpoint;
    const handler = await handlerOf(name);
    const context = {
      awsRequestId: randomUUID(),
      functionName: name,
      // As the stacks give it: what remains of the function's time when it starts.
      getRemainingTimeInMillis: () => found.endpoint.budgetMs + 2_000,
    } as unknown as Context;
    const result = await handler(eventOf(request, url, found.match?.groups ?? {}, path), context);
    const answer: WireAnswer = {
      status: result.statusCode,
      headers: Object.fromEntries(
        Object.entries(result.headers ?? {}).map(([header, value]) => [
          header.toLowerCase(),
          String(value),
        ]),
      ),
      text: result.body,
    };
    check ??= answerCheck();
    const faults = (await check)(name, answer);
    if (faults.length > 0) throw new UndescribedAnswer(name, answer, faults);
    return { ...answer, name };
  };
};

export class UndescribedAnswer extends Error {
  override readonly name = 'UndescribedAnswer';

  constructor(operation: string, answer: WireAnswer, faults: readonly string[]) {
    super(
      `${operation} answered ${answer.status} otherwise than it is described:\n` +
        `${faults.join('\n')}\n${answer.text.slice(0, 2_000)}`,
    );
  }
}

const eventOf = (
  request: WireRequest,
  url: URL,
  pathParameters: Readonly<Record<string, string>>,
  resource: string,
): APIGatewayProxyEvent => {
  const query = Object.fromEntries(url.searchParams);
  const hasParameters = Object.keys(pathParameters).length > 0;
  return {
    resource,
    path: url.pathname,
    httpMethod: request.method,
    headers: { ...request.headers },
    multiValueHeaders: {},
    queryStringParameters: Object.keys(query).length === 0 ? null : query,
    multiValueQueryStringParameters: null,
    pathParameters: hasParameters ? mapped(pathParameters, decoded) : null,
    stageVariables: null,
    body: request.body,
    isBase64Encoded: false,
    requestContext: { requestId: randomUUID() } as APIGatewayProxyEvent['requestContext'],
  };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const mapped = (
  values: Readonly<Record<string, string>>,
  change: (value: string) => string,
): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
