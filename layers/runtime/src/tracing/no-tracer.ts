import { randomUUID } from 'node:crypto';
import { isTraceparent, type Span, type SpanOptions, type Tracer } from '@atlas/domain';

/** 32 hex digits. Node draws the randomness of UUIDs in blocks, and that of bytes one by one. */
const randomDigits = (): string => randomUUID().replaceAll('-', '');

/** The start of a trace of which nobody keeps anything. */
const newTraceparent = (): string => `00-${randomDigits()}-${randomDigits().slice(0, 16)}-00`;

class UnrecordedSpan implements Span {
  readonly traceparent: string;

  constructor(traceparent: string) {
    this.traceparent = traceparent;
  }

  set(): void {}
  end(): void {}
}

/**
 * Keeps no span. The trace context of a caller is handed on as it came, since there is no span of ours to
 * name in it; where there is none, a new one ties log lines and events together.
 */
export const noTracer: Tracer = {
  start({ parent }: SpanOptions): Span {
    if (typeof parent === 'object') return parent;
    return new UnrecordedSpan(isTraceparent(parent) ? parent : newTraceparent());
  },
  async flush() {},
};
