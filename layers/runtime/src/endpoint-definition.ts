import type { CallGuard, Deadline, Outcome, RequestIdentity } from '@atlas/domain';
import type * as z from 'zod';
import type { Precondition } from './if-match.ts';
import type { FleetMetrics } from './metrics/fleet-metrics.ts';
import type { ProblemCode } from './problem.ts';
import type { TenantQuotas } from './resilience/tenant-quotas.ts';

/** What the manifest says of an endpoint, as far as the wrapper needs it. */
export interface EndpointSettings {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly scopes: 'public' | readonly string[];
  readonly slo: 'critical' | 'default' | 'non-critical';
  readonly budgetMs: number;
  readonly idempotency: 'none' | 'postgres' | 'dynamodb';
}

export interface EndpointRequest<Body, Path, Query> {
  readonly body: Body;
  readonly path: Path;
  readonly query: Query;
  /** '' on public endpoints. */
  readonly tenant: string;
  /** Who asks under which key; on safe methods its hashes are empty. */
  readonly who: RequestIdentity;
  /** What If-Match says; 'any' on endpoints that do not ask for it. */
  readonly precondition: Precondition;
  readonly deadline: Deadline;
  readonly traceparent: string;
}

export interface EndpointAnswer {
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface EndpointDefinition<
  Body extends z.ZodType,
  Path extends z.ZodType,
  Query extends z.ZodType,
  Value,
> {
  readonly body?: Body;
  readonly path?: Path;
  readonly query?: Query;
  /** What there is to know beyond the manifest's summary, for the API description. */
  readonly description?: string;
  /** The schema of a successful answer, and its status, for the API description. */
  readonly answer: z.ZodType;
  readonly answerStatus: 200 | 201 | 202;
  /** The media type of an answer that is text and is sent as it is; default: JSON. */
  readonly answerType?: string;
  /** Other statuses that come with the same answer, and what they say. */
  readonly otherStatuses?: Readonly<Record<number, string>>;
  /** Headers of its answer, and what they say, for the API description. */
  readonly answerHeaders?: Readonly<Record<string, string>>;
  /** Whether it demands If-Match. */
  readonly conditional?: boolean;
  /** The problems this endpoint has beyond those that every endpoint has. */
  readonly problems: readonly ProblemCode[];
  readonly execute: (
    request: EndpointRequest<z.output<Body>, z.output<Path>, z.output<Query>>,
  ) => Promise<Outcome<Value>>;
  readonly respond: (
    value: Value,
    request: EndpointRequest<z.output<Body>, z.output<Path>, z.output<Query>>,
  ) => EndpointAnswer | Promise<EndpointAnswer>;
}

/** What a request passes on its way in, beyond what is said of its endpoint. */
export interface EndpointSurroundings {
  /** Absent: tenants have no quota. */
  readonly quotas?: () => TenantQuotas | undefined;
  /** Absent: what is counted stays in the process. */
  readonly fleet?: () => FleetMetrics | undefined;
  /** What stands before the store of keys; those that keep theirs in DynamoDB need it. */
  readonly keysGuard?: () => CallGuard;
}

/** What the API description is made of. */
export interface DescribedEndpoint {
  readonly settings: EndpointSettings;
  readonly definition: EndpointDefinition<z.ZodType, z.ZodType, z.ZodType, unknown>;
}
