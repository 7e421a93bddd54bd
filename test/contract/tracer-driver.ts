import type { Tracer } from '@atlas/domain';
import { openTelemetryTracer } from '@atlas/tracing/opentelemetry';
import { xrayTracer } from '@atlas/tracing/xray';
import { startTraceCollector } from '../../localstack/tracing/trace-collector.ts';
import { type XraySegment, xrayDaemon } from '../support/xray-daemon.ts';

/** A span as whoever looks at traces sees it. */
export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  readonly name: string;
  readonly failed: boolean;
  readonly errorType?: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

export interface TracerDriver {
  readonly tracerWith: (share: number) => Tracer;
  /** Of one trace, as far as they have arrived. */
  readonly seen: (traceId: string) => readonly SeenSpan[];
  /** All that was exported, as it came over the wire. */
  readonly wire: () => string;
  close(): Promise<void>;
}

/** Attribute names as every backend can write them. */
const withoutErrorType = (attributes: Readonly<Record<string, unknown>>, separator: string) => {
  const { [`error${separator}type`]: errorType, ...others } = attributes;
  const named = Object.entries(others).map(([name, value]) => [name.replaceAll('.', '_'), value]);
  return { errorType, attributes: Object.fromEntries(named) as Record<string, unknown> };
};

export const openTelemetryDriver = async (): Promise<TracerDriver> => {
  const collector = await startTraceCollector({ port: 0, maxTraces: 5_000 });
  return {
    tracerWith: (share) =>
      openTelemetryTracer({ service: 'atlas', stage: 'test', endpoint: collector.url, share }),
    seen: (traceId) =>
      collector.store.spansOf(traceId).map(({ attributes, ...span }) => ({
        ...span,
        ...withoutErrorType(attributes, '.'),
      })),
    wire: () =>
      JSON.stringify(
        collector.store.recent(5_000).map(({ traceId }) => collector.store.spansOf(traceId)),
      ),
    close: () => collector.close(),
  };
};

const traceIdOf = (text: string): string => text.slice(2).replace('-', '');

const flattened = (one: XraySegment, traceId: string, parent?: string): SeenSpan[] => [
  {
    traceId,
    spanId: one.id,
    parentSpanId: one.parent_id ?? parent,
    name: one.name,
    failed: one.fault === true,
    links: one.links.map((link) => ({ traceId: traceIdOf(link.trace_id), spanId: link.id })),
    ...withoutErrorType(one.annotations, '_'),
  },
  ...one.subsegments.flatMap((below) => flattened(below, traceId, one.id)),
];

export const xrayDriver = async (): Promise<TracerDriver> => {
  const daemon = await xrayDaemon();
  return {
    tracerWith: (share) => xrayTracer({ service: 'atlas', share, daemonAddress: daemon.address }),
    seen: (traceId) =>
      daemon.segments
        .map((one) => ({ one, of: traceIdOf(one.trace_id ?? '') }))
        .filter(({ of }) => of === traceId)
        .flatMap(({ one, of }) => flattened(one, of)),
    wire: daemon.text,
    close: async () => daemon.close(),
  };
};
