import {
  allowedAttributes,
  formatTraceparent,
  kindOfError,
  parseTraceparent,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@atlas/domain';
import { Tracer as PowertoolsTracer } from '@aws-lambda-powertools/tracer';
import xray, { type Segment, type Subsegment } from 'aws-xray-sdk-core';

export interface XrayOptions {
  readonly service: string;
  /** Of the traces that begin here; what a caller decided is kept. */
  readonly share: number;
  /** Host and port of the daemon. Default: where the environment says. */
  readonly daemonAddress?: string;
}

/**
 * Spans as segments of X-Ray, through Powertools Tracer, which says whether this environment is traced and brings
 * the SDK. The SDK knows one current segment a process, so spans hold theirs themselves: below a span of this
 * process as its subsegment, else as a segment of the trace that the traceparent names. Each is sent to the
 * daemon once all below it has ended, over UDP, which nobody waits for.
 */
export const xrayTracer = ({ service, share, daemonAddress }: XrayOptions): Tracer => {
  const powertools = new PowertoolsTracer({ serviceName: service, captureHTTPsRequests: false });
  if (daemonAddress !== undefined) powertools.provider.setDaemonAddress(daemonAddress);
  const isEnabled = powertools.isTracingEnabled();

  const segmentOf = (name: string, parent: string | undefined): Segment => {
    const above = parseTraceparent(parent);
    if (above === undefined) {
      const segment = new xray.Segment(name);
      segment.notTraced = !isEnabled || !isChosen(segment.trace_id, share);
      return segment;
    }
    const { traceId, spanId, isSampled } = above;
    const segment = new xray.Segment(name, `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`, spanId);
    segment.notTraced = !isEnabled || !isSampled;
    return segment;
  };

  const placed = (name: string, parent: SpanOptions['parent']): Segment | Subsegment => {
    if (parent instanceof SegmentSpan) return parent.segment.addNewSubsegment(name);
    return segmentOf(name, typeof parent === 'string' ? parent : parent?.traceparent);
  };

  return {
    start({ name, kind, parent, links = [], attributes }) {
      const segment = placed(name.replaceAll(notInNames, ''), parent);
      if (kind === 'client' && segment instanceof xray.Subsegment) segment.namespace = 'remote';
      const linked = links.flatMap(linkTo);
      // The SDK has no method for it, and sends whatever a segment has.
      if (linked.length > 0) Object.assign(segment, { links: linked });
      const span = new SegmentSpan(segment);
      span.set(attributes ?? {});
      return span;
    },
    /** Datagrams are handed over in the next turn of the event loop. */
    flush: () => new Promise((resolve) => setImmediate(resolve)),
  };
};

/** X-Ray refuses segments with other characters in their names. */
const notInNames = /[^\p{L}\p{N}\s_.:/%&#=+\\\-@]/gu;

/** By trace id, so that all who see a trace decide alike. */
const isChosen = (traceId: string, share: number): boolean =>
  Number.parseInt(traceId.slice(-8), 16) < share * 2 ** 32;

class SegmentSpan implements Span {
  readonly traceparent: string;
  readonly segment: Segment | Subsegment;

  constructor(segment: Segment | Subsegment) {
    const { trace_id: traceId } = 'segment' in segment ? segment.segment : segment;
    this.segment = segment;
    this.traceparent = formatTraceparent({
      traceId: traceId.slice(2).replace('-', ''),
      spanId: segment.id,
      isSampled: segment.notTraced !== true,
    });
  }

  set(attributes: Parameters<Span['set']>[0]): void {
    for (const [name, value] of allowedAttributes(attributes)) {
      this.segment.addAnnotation(annotationOf(name), value);
    }
  }

  end(error?: unknown): void {
    if (this.segment.isClosed()) return;
    if (error !== undefined) {
      this.segment.addFaultFlag();
      this.segment.addAnnotation(annotationOf('error.type'), kindOfError(error));
    }
    this.segment.close();
  }
}

/** X-Ray finds traces by annotations, whose names have no dots. */
const annotationOf = (name: string): string => name.replaceAll('.', '_');

const linkTo = (traceparent: string) => {
  const linked = parseTraceparent(traceparent);
  if (linked === undefined) return [];
  const { traceId, spanId } = linked;
  return [{ trace_id: `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`, id: spanId }];
};
