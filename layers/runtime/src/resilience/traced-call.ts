import type { Span } from '@atlas/domain';
import { currentTracer } from '../tracing/tracer.ts';

export interface TracedCall {
  /** The dependency. */
  readonly name: string;
  readonly parent: Span;
  readonly tenant?: string | undefined;
  /** Whether it could not answer, as opposed to answering something unwelcome. */
  readonly isFailure: (error: unknown) => boolean;
}

/** Makes a call within a client span, which counts the attempts that it takes. */
export const tracedCall = async <T>(
  { name, parent, tenant, isFailure }: TracedCall,
  call: (onAttempt: () => void) => Promise<T>,
): Promise<T> => {
  const attributes = { 'peer.service': name, 'atlas.tenant': tenant };
  const span = currentTracer().start({ name, kind: 'client', parent, attributes });
  let attempts = 0;
  const end = (error?: unknown): void => {
    span.set({ 'atlas.attempts': attempts });
    span.end(error);
  };
  try {
    const value = await call(() => {
      attempts += 1;
    });
    end();
    return value;
  } catch (error) {
    end(isFailure(error) ? error : undefined);
    throw error;
  }
};
