import { isVerbose, log } from '../logging/log.ts';
import { currentScope, spanAbove } from '../tracing/scope.ts';
import { currentTracer, isTracing } from '../tracing/tracer.ts';

/** Whether somebody wants to know of the calls that are made now. */
export const isObserved = (): boolean => {
  const scope = currentScope();
  return scope !== undefined && (isTracing() || isVerbose(scope.traceparent));
};

export interface ObservedCall {
  /** The dependency. */
  readonly name: string;
  readonly tenant?: string | undefined;
  /** Whether it could not answer, as opposed to answering something unwelcome. */
  readonly isFailure: (error: unknown) => boolean;
}

/** Makes a call within a client span, which counts the attempts that it takes, and tells of it in a debug line. */
export const observedCall = async <T>(
  { name, tenant, isFailure }: ObservedCall,
  call: (onAttempt: () => void) => Promise<T>,
): Promise<T> => {
  const attributes = { 'peer.service': name, 'atlas.tenant': tenant };
  const span = currentTracer().start({ name, kind: 'client', parent: spanAbove(), attributes });
  const startedMs = performance.now();
  let attempts = 0;
  const end = (error?: unknown): void => {
    span.set({ 'atlas.attempts': attempts });
    span.end(error);
    const durationMs = Math.round((performance.now() - startedMs) * 100) / 100;
    const isFailed = error !== undefined;
    log.debug('a call ended', { dependency: name, attempts, durationMs, isFailed });
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
