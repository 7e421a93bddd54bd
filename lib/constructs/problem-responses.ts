import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';

interface GatewayProblem {
  readonly id: string;
  readonly type: ResponseType;
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly retryable: boolean;
}

/** The gateway's own answers, with the codes of the runtime's registry and docs/problems/. */
const problems: readonly GatewayProblem[] = [
  {
    id: 'RouteNotFound',
    type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
    status: 404,
    code: 'route-not-found',
    title: 'There is nothing at this address',
    retryable: false,
  },
  {
    id: 'Forbidden',
    type: ResponseType.ACCESS_DENIED,
    status: 403,
    code: 'forbidden',
    title: 'This is not allowed',
    retryable: false,
  },
  {
    id: 'Filtered',
    type: ResponseType.WAF_FILTERED,
    status: 403,
    code: 'forbidden',
    title: 'This is not allowed',
    retryable: false,
  },
  {
    id: 'TooLarge',
    type: ResponseType.REQUEST_TOO_LARGE,
    status: 413,
    code: 'body-too-large',
    title: 'The body is too large',
    retryable: false,
  },
  {
    id: 'MediaType',
    type: ResponseType.UNSUPPORTED_MEDIA_TYPE,
    status: 415,
    code: 'media-type-unsupported',
    title: 'The body must be application/json',
    retryable: false,
  },
  {
    id: 'Throttled',
    type: ResponseType.THROTTLED,
    status: 429,
    code: 'too-many-requests',
    title: 'Too many requests',
    retryable: true,
  },
  {
    id: 'QuotaExceeded',
    type: ResponseType.QUOTA_EXCEEDED,
    status: 429,
    code: 'too-many-requests',
    title: 'Too many requests',
    retryable: true,
  },
  // The function was throttled, ended, or took too long: the gateway does not say which, so it may have happened.
  {
    id: 'Default5xx',
    type: ResponseType.DEFAULT_5XX,
    status: 504,
    code: 'unknown-outcome',
    title: 'It is not known whether this happened',
    retryable: true,
  },
  {
    id: 'Default4xx',
    type: ResponseType.DEFAULT_4XX,
    status: 400,
    code: 'validation-failed',
    title: 'The request is not well-formed',
    retryable: false,
  },
];

/** Makes everything that the gateway answers by itself a problem+json, like the handlers' own. */
export const addProblemResponses = (api: RestApi): void => {
  for (const problem of problems) {
    const body = JSON.stringify({
      type: `urn:atlas:problem:${problem.code}`,
      title: problem.title,
      status: problem.status,
      detail: 'The gateway answered this request itself.',
      instance: '$context.path',
      code: problem.code,
      retryable: problem.retryable,
      requestId: '$context.requestId',
    });
    api.addGatewayResponse(problem.id, {
      type: problem.type,
      statusCode: String(problem.status),
      responseHeaders: {
        'Content-Type': "'application/problem+json'",
        'X-Request-Id': 'context.requestId',
        ...(problem.retryable ? { 'Retry-After': "'1'" } : {}),
      },
      templates: { 'application/json': body },
    });
  }
};
