/** The parts of a W3C traceparent. */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

const pattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Whether this is a traceparent of version 00, the only one there is. */
export const isTraceparent = (text: string | null | undefined): text is string =>
  typeof text === 'string' && pattern.test(text);

/** Undefined for whatever is none. */
export const parseTraceparent = (text: string | null | undefined): TraceContext | undefined =>
  isTraceparent(text)
    ? {
        traceId: text.slice(3, 35),
        spanId: text.slice(36, 52),
        isSampled: (Number.parseInt(text.slice(53), 16) & 1) === 1,
      }
    : undefined;

export const formatTraceparent = ({ traceId, spanId, isSampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
