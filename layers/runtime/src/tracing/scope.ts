import { AsyncLocalStorage } from 'node:async_hooks';
import type { Span, SpanOptions } from '@atlas/domain';
import { currentTracer, isTracing } from './tracer.ts';

/** What is under way: what log lines are tied together by, and the span above whatever comes of it. */
export interface Scope {
  readonly requestId: string;
  readonly traceparent: string;
  readonly span?: Span | undefined;
}

const scopes = new AsyncLocalStorage<Scope>();

/** Does the work, and whatever comes of it, within the scope. */
export const inScope = <T>(scope: Scope, work: () => T): T => scopes.run(scope, work);

export const currentScope = (): Scope | undefined => scopes.getStore();

/**
 * Does the work within a span below the current one, or below the parent given. The span fails when the work
 * does.
 */
export const inSpan = async <T>(
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> => {
  const scope = scopes.getStore();
  const span = currentTracer().start({ parent: scope?.span, ...options });
  const { traceparent } = span;
  try {
    const value = await scopes.run({ requestId: scope?.requestId ?? '', traceparent, span }, () =>
      work(span),
    );
    span.end();
    return value;
  } catch (error) {
    span.end(error);
    throw error;
  }
};

/** The span above an outbound call; undefined where spans go nowhere, or nothing is under way. */
export const spanAbove = (): Span | undefined =>
  isTracing() ? scopes.getStore()?.span : undefined;
