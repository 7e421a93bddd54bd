import { deadlineIn, type Span } from '@atlas/domain';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { authenticate, type Caller, demandScopes } from './authentication.ts';
import type {
  DescribedEndpoint,
  EndpointRequest,
  EndpointSurroundings,
} from './endpoint-definition.ts';
import { parseIdempotencyKey, requestIdentity } from './idempotency-key.ts';
import { parseIfMatch } from './if-match.ts';
import { parseJson, rawBody } from './json-body.ts';
import { patience, quotaHeaders, retryAfterSeconds, startMs, waitedMs } from './load-shedding.ts';
import { Problem } from './problem.ts';
import { currentTracer } from './tracing/tracer.ts';
import { parseWith } from './validation.ts';

/** What the steps of one request hand to the next. */
export interface Progress {
  startedMs: number;
  /** Between the gateway and us: what is not left of the budget. */
  waitedMs: number;
  requestId: string;
  traceparent: string;
  span?: Span;
  headers: Readonly<Record<string, string | undefined>>;
  request: EndpointRequest<unknown, unknown, unknown>;
  raw: string;
  /** The Idempotency-Key as it was sent, once it is known to be one. */
  sentKey?: string;
  /** What the caller is told of his quota. */
  quotaHeaders?: Readonly<Record<string, string>>;
  problem?: Problem;
  replayed?: boolean;
}

export type Step = (event: APIGatewayProxyEvent, progress: Progress, context: Context) => unknown;

/**
 * The steps of a request, in the order in which they run. It is cheapest first where it can be:
 * what needs no look at the body comes before what does, and who asks before what is asked.
 */
export const stepNames = [
  'arrival',
  'shedding',
  'deadline',
  'authentication',
  'quota',
  'body-limits',
  'idempotency-key',
  'parsing',
] as const;

export const stepsOf = (
  { settings, definition }: DescribedEndpoint,
  { quotas }: EndpointSurroundings,
  readyMs = Date.now(),
): Record<(typeof stepNames)[number], Step> => ({
  arrival: (event, progress, context) => {
    progress.requestId = event.requestContext?.requestId ?? context.awsRequestId;
    progress.headers = lowerCased(event.headers);
    progress.span = currentTracer().start({
      name: `${settings.method} ${settings.path}`,
      kind: 'server',
      parent: progress.headers.traceparent,
      attributes: {
        'http.request.method': settings.method,
        'http.route': settings.path,
        'atlas.request_id': progress.requestId,
      },
    });
    progress.traceparent = progress.span.traceparent;
  },
  shedding: (event, progress) => {
    const nowMs = Date.now();
    progress.waitedMs = waitedMs(event, nowMs);
    const queuedMs = progress.waitedMs - startMs(progress.waitedMs, nowMs, readyMs);
    if (queuedMs <= settings.budgetMs * patience[settings.slo]) return;
    const detail =
      'The request waited too long before it was looked at. Nothing happened; try again.';
    throw new Problem('overloaded', detail, { retryAfterSeconds: retryAfterSeconds() });
  },
  deadline: (_event, progress, context) => {
    const leftMs = context.getRemainingTimeInMillis?.() ?? settings.budgetMs;
    const ownMs = settings.budgetMs - progress.waitedMs;
    const budgetMs = Math.min(ownMs, Math.max(0, leftMs - answeringMs));
    const { traceparent } = progress;
    const deadline = deadlineIn(Date.now(), budgetMs);
    progress.request = { ...progress.request, deadline, traceparent };
  },
  authentication: (_event, progress) => {
    const { scopes } = settings;
    if (scopes === 'public') return undefined;
    const admit = (caller: Caller): void => {
      demandScopes(caller, scopes);
      const { tenant } = caller;
      progress.request = { ...progress.request, tenant, who: { ...progress.request.who, tenant } };
    };
    const caller = authenticate(progress.headers.authorization);
    return caller instanceof Promise ? caller.then(admit) : admit(caller);
  },
  quota: (_event, progress) => {
    const all = settings.scopes === 'public' ? undefined : quotas?.();
    if (all === undefined) return;
    const verdict = all.ask(progress.request.tenant);
    progress.quotaHeaders = quotaHeaders(all.rate, verdict);
    if (verdict.admitted) return;
    const { retryAfterSeconds: seconds } = verdict;
    const detail =
      'This tenant has made as many requests as it may. Nothing happened; wait a little.';
    throw new Problem('too-many-requests', detail, { retryAfterSeconds: seconds });
  },
  'body-limits': (event, progress) => {
    if (definition.body !== undefined) progress.raw = rawBody(event);
  },
  'idempotency-key': (event, progress) => {
    if (settings.idempotency === 'none') return;
    const sent = progress.headers['idempotency-key'];
    const key = parseIdempotencyKey(sent);
    progress.sentKey = sent?.trim() ?? key;
    const who = requestIdentity(progress.request.tenant, key, {
      method: event.httpMethod,
      path: event.path,
      rawBody: progress.raw,
      ifMatch: progress.headers['if-match'],
    });
    progress.request = { ...progress.request, who };
  },
  parsing: (event, progress) => {
    const { body, path, query, conditional } = definition;
    progress.request = {
      ...progress.request,
      precondition:
        conditional === true
          ? parseIfMatch(progress.headers['if-match'])
          : progress.request.precondition,
      path: path === undefined ? undefined : parseWith(path, event.pathParameters ?? {}, 'path'),
      query:
        query === undefined
          ? undefined
          : parseWith(query, unfolded(event.queryStringParameters ?? {}), 'query'),
      body:
        body === undefined
          ? undefined
          : parseWith(body, parseJson(progress.raw, progress.headers['content-type']), 'body'),
    };
  },
});

/**
 * Parameters `name[key]` become the members of an object `name` (OpenAPI's style deepObject). With `][` in it a
 * name looks like an object within an object, which none of ours is: it stays as it is, and is not known.
 */
const unfolded = (parameters: Readonly<Record<string, string | undefined>>): object => {
  const members = new Map<string, unknown>();
  const objects = new Map<string, Map<string, unknown>>();
  for (const [parameter, value] of Object.entries(parameters)) {
    const [, name, key] = /^(\w+)\[(.*)\]$/s.exec(parameter) ?? [];
    if (name === undefined || key === undefined || key.includes('][')) {
      members.set(parameter, value);
      continue;
    }
    const pairs = objects.get(name) ?? new Map<string, unknown>();
    objects.set(name, pairs.set(key, value));
  }
  for (const [name, pairs] of objects) members.set(name, Object.fromEntries(pairs));
  return Object.fromEntries(members);
};

/** What must remain to turn a failure into an answer before Lambda gives up on us. */
const answeringMs = 200;

const lowerCased = (
  headers: Readonly<Record<string, string | undefined>> | null,
): Record<string, string | undefined> => {
  const result: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers ?? {})) result[name.toLowerCase()] = value;
  return result;
};

export const newProgress = (): Progress => ({
  startedMs: performance.now(),
  waitedMs: 0,
  requestId: '',
  traceparent: '',
  headers: {},
  raw: '',
  request: {
    body: undefined,
    path: undefined,
    query: undefined,
    tenant: '',
    who: { tenant: '', keyHash: '', requestHash: '' },
    precondition: { kind: 'any' },
    deadline: { atUnixMs: 0 },
    traceparent: '',
  },
});
