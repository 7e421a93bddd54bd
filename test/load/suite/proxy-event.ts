import { endpoints } from '../../../functions/manifest.ts';
import type { Message } from '../http-messages.ts';

const matchers = endpoints.map(({ name, method, path }) => ({
  name,
  method,
  path,
  parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter = '']) => parameter),
  pattern: new RegExp(`^${path.replaceAll('.', '[.]').replaceAll(/\{\w+\}/g, '([^/]+)')}$`),
}));

export interface Routed {
  /** The endpoint, which is the function. */
  readonly name: string;
  /** API Gateway's proxy event, as text. */
  readonly event: string;
}

/**
 * What API Gateway makes of a request: which function it is for, and the event, with the time at which the
 * request was taken. Undefined where no endpoint is at this address.
 */
export const proxyEvent = (
  { start, header, body }: Message,
  requestId: string,
  takenUnixMs: number,
): Routed | undefined => {
  const [method = '', target = ''] = start.split(' ');
  const [path = '', query] = target.split('?');
  for (const matcher of matchers) {
    if (matcher.method !== method) continue;
    const match = matcher.pattern.exec(path);
    if (match === null) continue;
    const parameters = matcher.parameters.map((parameter, i) => [parameter, match[i + 1]]);
    const event = {
      resource: matcher.path,
      path,
      httpMethod: method,
      headers: {
        Authorization: header('authorization'),
        'Content-Type': header('content-type'),
        'Idempotency-Key': header('idempotency-key'),
        'X-Forwarded-For': '127.0.0.1',
      },
      queryStringParameters:
        query === undefined ? null : Object.fromEntries(new URLSearchParams(query)),
      pathParameters: parameters.length === 0 ? null : Object.fromEntries(parameters),
      stageVariables: null,
      requestContext: {
        accountId: '000000000000',
        httpMethod: method,
        path: `/test${path}`,
        resourcePath: matcher.path,
        stage: 'test',
        identity: { sourceIp: '127.0.0.1', userAgent: 'load' },
        requestId,
        requestTimeEpoch: takenUnixMs,
      },
      body: body === '' ? null : body,
      isBase64Encoded: false,
    };
    return { name: matcher.name, event: JSON.stringify(event) };
  }
  return undefined;
};
