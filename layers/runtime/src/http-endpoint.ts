import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type * as z from 'zod';
import { problemAnswer, problemResponse, type StoredAnswer } from './answer.ts';
import type {
  DescribedEndpoint,
  EndpointDefinition,
  EndpointSettings,
  EndpointSurroundings,
} from './endpoint-definition.ts';
import { problemOfError, problemOfRefusal } from './failure-problems.ts';
import { toldPath } from './logging/told-path.ts';
import { newProgress, type Progress, stepNames, stepsOf } from './request-steps.ts';
import { endpointTelemetry, type Telemetry } from './telemetry.ts';
import { inScope } from './tracing/scope.ts';

/** The request's own: emulators and warm environments may hand the same context to the next one. */
type RequestContext = Context & { readonly progress: Progress };

type Chain = middy.MiddlewareObj<
  APIGatewayProxyEvent,
  APIGatewayProxyResult,
  Error,
  RequestContext
>;

export type EndpointHandler = ((
  event: APIGatewayProxyEvent,
  context: Context,
) => Promise<APIGatewayProxyResult>) & { readonly endpoint: DescribedEndpoint };

/**
 * Wraps a use case into a Lambda handler for API Gateway's proxy events. It never throws: whatever
 * happens is an answer, failures as problem+json, with one line of metrics and what they are about.
 */
export const httpEndpoint = <
  Body extends z.ZodType = z.ZodUndefined,
  Path extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Value = unknown,
>(
  settings: EndpointSettings,
  definition: EndpointDefinition<Body, Path, Query, Value>,
  surroundings: EndpointSurroundings = {},
): EndpointHandler => {
  const described = { settings, definition } as unknown as DescribedEndpoint;
  const steps = stepsOf(described, surroundings);
  let telemetry: Telemetry | undefined;

  const preparing: Chain = {
    before: async ({ event, context }) => {
      for (const name of stepNames) {
        const done = steps[name](event, context.progress, context);
        if (done instanceof Promise) await done;
      }
    },
  };

  const answering: Chain = {
    onError: (request) => {
      const { progress } = request.context;
      progress.problem = problemOfError(request.error);
      request.response = problemResponse(progress.problem, request.event, progress);
    },
  };

  const recording: Chain = {
    after: (request) => finish(request),
    onError: (request) => finish(request),
  };
  const finish = (
    request: middy.Request<APIGatewayProxyEvent, APIGatewayProxyResult, Error, RequestContext>,
  ): void => {
    const { progress } = request.context;
    const { response } = request;
    if (response === undefined || response === null) return;
    response.headers = {
      ...response.headers,
      'X-Request-Id': progress.requestId,
      traceparent: progress.traceparent,
      ...(progress.sentKey === undefined ? {} : { 'Idempotency-Key': progress.sentKey }),
      ...progress.quotaHeaders,
    };
    telemetry ??= endpointTelemetry(settings.name, settings.slo);
    telemetry.record({
      method: request.event.httpMethod,
      path: toldPath(settings.path, request.event.path),
      status: response.statusCode,
      durationMs: Math.round((performance.now() - progress.startedMs) * 100) / 100,
      requestId: progress.requestId,
      traceparent: progress.traceparent,
      tenant: progress.request.tenant || undefined,
      problem: progress.problem?.code,
      replayed: progress.replayed,
      error: response.statusCode >= 500 ? (progress.problem?.cause as Error) : undefined,
    });
    endSpan(progress, response.statusCode);
  };

  const chain = middy<APIGatewayProxyEvent, APIGatewayProxyResult, Error, RequestContext>(
    async (event: APIGatewayProxyEvent, context: RequestContext) => {
      const { progress } = context;
      const answer = await answerTo(described, surroundings, event.path, progress, context);
      return {
        statusCode: answer.status,
        headers: {
          ...answer.headers,
          ...(progress.replayed === true ? { 'Idempotency-Replayed': 'true' } : {}),
        },
        body: answer.body,
      };
    },
  );
  chain.use(recording).use(answering).use(preparing);

  const run = chain as unknown as (
    event: APIGatewayProxyEvent,
    context: RequestContext,
  ) => Promise<APIGatewayProxyResult>;
  const handler = (event: APIGatewayProxyEvent, context: Context) => {
    surroundings.fleet?.()?.begin();
    // The first step fills in what identifies the request.
    const progress = newProgress();
    return inScope(progress, () => run(event, { ...context, progress }));
  };
  return Object.assign(handler, { endpoint: described });
};

/** A refusal is an answer, and no failure of the service. */
const endSpan = ({ span, request, problem, replayed }: Progress, status: number): void => {
  span?.set({
    'http.response.status_code': status,
    'atlas.tenant': request.tenant || undefined,
    'atlas.problem': problem?.code,
    'atlas.replayed': replayed,
  });
  span?.end(status >= 500 ? (problem?.cause ?? problem) : undefined);
};

const answerTo = async (
  { settings, definition }: DescribedEndpoint,
  { keysGuard }: EndpointSurroundings,
  path: string,
  progress: Progress,
  context: Context,
): Promise<StoredAnswer> => {
  const execute = async (): Promise<StoredAnswer> => {
    const outcome = await definition.execute(progress.request);
    if (outcome.replayed) progress.replayed = true;
    if (outcome.kind === 'refused') {
      progress.problem = problemOfRefusal(outcome.refusal);
      return problemAnswer(progress.problem, path, progress.requestId);
    }
    const { status, body, headers } = await definition.respond(outcome.value, progress.request);
    return {
      status: status ?? definition.answerStatus,
      headers: { 'Content-Type': definition.answerType ?? 'application/json', ...headers },
      body: definition.answerType === undefined ? JSON.stringify(body) : String(body),
    };
  };
  if (settings.idempotency !== 'dynamodb') return execute();
  if (keysGuard === undefined) throw new Error(`nothing guards the keys of ${settings.name}`);
  const { dynamodbIdempotency } = await import('./dynamodb-idempotency.ts');
  const { who, deadline } = progress.request;
  const surroundings = { context, deadline, guard: keysGuard() };
  const { answer, replayed } = await dynamodbIdempotency(settings.name, who, surroundings, execute);
  progress.replayed = replayed;
  return answer;
};
