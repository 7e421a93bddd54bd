import type { Tracer } from '@atlas/domain';
import { noTracer } from './no-tracer.ts';

let chosen: Tracer = noTracer;

/** Chooses the tracer of this process. A bundle does so before anything else (functions/tracing/). */
export const useTracer = (tracer: Tracer): void => {
  chosen = tracer;
};

export const currentTracer = (): Tracer => chosen;

/** Whether spans go anywhere. */
export const isTracing = (): boolean => chosen !== noTracer;

/** Exports what has ended so far, for whoever ends the process. Never throws. */
export const flushTraces = (): Promise<void> => chosen.flush();
