/** What a span stands for: taking a request, asking something, sending, receiving, or work in between. */
export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

/** All that a span may say. An adapter drops whatever else it is given, so that nothing leaks by accident. */
export const spanAttributeNames = [
  'atlas.attempts',
  'atlas.outbox.wait_ms',
  'atlas.problem',
  'atlas.replayed',
  'atlas.request_id',
  'atlas.shard',
  'atlas.tenant',
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'messaging.batch.message_count',
  'messaging.destination.name',
  'messaging.kafka.offset',
  'messaging.system',
  'peer.service',
] as const;

export type SpanAttributes = {
  readonly [Name in (typeof spanAttributeNames)[number]]?: string | number | boolean | undefined;
};

export interface SpanOptions {
  readonly name: string;
  readonly kind: SpanKind;
  /** A span of this process, or the W3C traceparent of another's; absent: a new trace begins. */
  readonly parent?: Span | string | undefined;
  /** Traceparents of spans that belong to it without being above it: those that a batch joins. */
  readonly links?: readonly string[];
  readonly attributes?: SpanAttributes;
}

/** A part of a trace, from its start to its end. */
export interface Span {
  /** Handed on to whatever happens because of it. */
  readonly traceparent: string;
  set(attributes: SpanAttributes): void;
  /** Ends it, once. An error makes it a failed one; of the error only its kind is told, never its message. */
  end(error?: unknown): void;
}

/**
 * Where spans go. Starting and ending one never throws and never waits: what cannot be exported is lost, and
 * nothing else suffers.
 */
export interface Tracer {
  start(options: SpanOptions): Span;
  /** Exports what has ended so far; resolves also where that failed. */
  flush(): Promise<void>;
}

const allowed: ReadonlySet<string> = new Set(spanAttributeNames);

/** What may be told of the attributes given, one by one. */
export const allowedAttributes = (
  attributes: SpanAttributes = {},
): [string, string | number | boolean][] => {
  const kept: [string, string | number | boolean][] = [];
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && allowed.has(name)) kept.push([name, value]);
  }
  return kept;
};
