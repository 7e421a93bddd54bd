/** What leaves CloudWatch of one log line. Everything else stays behind. */
export interface LogDocument {
  readonly '@timestamp': string;
  /** The form of this document: whoever finds it again knows that it was redacted. */
  readonly form: typeof documentForm;
  /** CloudWatch’s own, by which a line that was delivered twice is known. */
  readonly eventId: string;
  readonly stage: string;
  readonly function: string;
  readonly kind: 'request' | 'run' | 'log' | 'report' | 'text';
  readonly level?: string;
  readonly message?: string;
  readonly requestId?: string;
  readonly traceId?: string;
  readonly traceparent?: string;
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  readonly tenant?: string;
  readonly problem?: string;
  readonly replayed?: boolean;
  readonly dependency?: string;
  /** By the names of the metrics: the embedded metric format, flat. */
  readonly metrics?: Readonly<Record<string, number>>;
  readonly error?: LoggedError;
}

export interface LoggedError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

export const documentForm = 'atlas-log-1';
