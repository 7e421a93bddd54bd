import {
  allowedAttributes,
  formatTraceparent,
  kindOfError,
  parseTraceparent,
  type Span,
  type SpanKind,
  type Tracer,
} from '@atlas/domain';
import {
  type Context,
  SpanKind as Kind,
  type Link,
  type Span as OpenTelemetrySpan,
  ROOT_CONTEXT,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { WatchedExporter } from './watched-exporter.ts';

export interface OpenTelemetryOptions {
  readonly service: string;
  readonly stage: string;
  /** Where a collector takes OTLP over HTTP, without `/v1/traces`. */
  readonly endpoint: string;
  /** Of the traces that begin here, by trace id; what a caller decided is kept. */
  readonly share: number;
  /** What one export may take, with its repetitions. */
  readonly exportTimeoutMs?: number;
}

/** A span waits so long for others to be exported with. */
const delayMs = 1_000;
/** What waits when a collector is down; beyond, new spans are lost. */
const maxWaiting = 8_192;
const maxBatch = 512;

const kinds: Readonly<Record<SpanKind, Kind>> = {
  server: Kind.SERVER,
  client: Kind.CLIENT,
  producer: Kind.PRODUCER,
  consumer: Kind.CONSUMER,
  internal: Kind.INTERNAL,
};

/** The exporter brings Node's HTTP client, which a function's first answer does not wait for. */
const otlpExporter = async (
  { endpoint }: OpenTelemetryOptions,
  timeoutMillis: number,
): Promise<SpanExporter> => {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  return new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis });
};

/**
 * Spans by the SDK of OpenTelemetry. They are exported in batches: by a timer, which of a function that was
 * frozen fires as it thaws; when a trace starts while others have waited for longer than the timer's time;
 * and when somebody asks. No request waits for it.
 */
export const openTelemetryTracer = (options: OpenTelemetryOptions): Tracer => {
  const { service, stage, share, exportTimeoutMs = 5_000 } = options;
  const exporter = new WatchedExporter(() => otlpExporter(options, exportTimeoutMs));
  const processor = new BatchSpanProcessor({
    exporter,
    scheduledDelayMillis: delayMs,
    maxQueueSize: maxWaiting,
    maxExportBatchSize: maxBatch,
    // After the exporter's own, which knows why.
    exportTimeoutMillis: exportTimeoutMs + 1_000,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'deployment.environment.name': stage,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('atlas');
  let flushedAtMs = performance.now();

  const flush = async (): Promise<void> => {
    flushedAtMs = performance.now();
    // What could not be exported is lost, as the port says.
    await processor.forceFlush().catch(() => {});
    await exporter.settled();
  };

  return {
    start({ name, kind, parent, links, attributes }) {
      const isRoot = !(parent instanceof RecordedSpan);
      if (isRoot && performance.now() - flushedAtMs > delayMs) void flush();
      const span = tracer.startSpan(
        name,
        {
          kind: kinds[kind],
          attributes: Object.fromEntries(allowedAttributes(attributes)),
          ...(links === undefined ? {} : { links: links.flatMap(linkTo) }),
        },
        contextOf(parent),
      );
      return new RecordedSpan(span);
    },
    flush,
  };
};

class RecordedSpan implements Span {
  readonly traceparent: string;
  readonly span: OpenTelemetrySpan;

  constructor(span: OpenTelemetrySpan) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
    this.span = span;
    this.traceparent = formatTraceparent({ traceId, spanId, isSampled });
  }

  set(attributes: Parameters<Span['set']>[0]): void {
    for (const [name, value] of allowedAttributes(attributes)) this.span.setAttribute(name, value);
  }

  end(error?: unknown): void {
    if (error !== undefined) {
      this.span.setStatus({ code: SpanStatusCode.ERROR });
      this.span.setAttribute('error.type', kindOfError(error));
    }
    this.span.end();
  }
}

const contextOf = (parent: Span | string | undefined): Context => {
  if (parent instanceof RecordedSpan) return trace.setSpan(ROOT_CONTEXT, parent.span);
  const remote = remoteContext(typeof parent === 'string' ? parent : parent?.traceparent);
  return remote === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote);
};

const remoteContext = (traceparent: string | undefined): SpanContext | undefined => {
  const parsed = parseTraceparent(traceparent);
  if (parsed === undefined) return undefined;
  const { traceId, spanId, isSampled } = parsed;
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return { traceId, spanId, traceFlags, isRemote: true };
};

const linkTo = (traceparent: string): Link[] => {
  const context = remoteContext(traceparent);
  return context === undefined ? [] : [{ context }];
};
