import { setTimeout as sleep } from 'node:timers/promises';
import type { DashboardState, SourceState } from './dashboard-state.ts';
import { parseMetrics } from './parse-metrics.ts';
import { sampleRing } from './sample-ring.ts';
import type { Source } from './source.ts';
import { type Checks, type Surroundings, summarise } from './summarise.ts';

/** An hour of answers that are five seconds apart. */
const limits = { answers: 720, series: 5_000 } as const;

export interface Watch {
  readonly state: () => DashboardState;
  /** Asks the source once. Never throws: what went wrong is part of the state. */
  readonly ask: (atMs: number) => Promise<void>;
}

const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
};

/** Keeps what a source answers, and what follows from it. */
export const watchSource = (source: Source, surroundings: Surroundings): Watch => {
  const ring = sampleRing(limits);
  let about: SourceState = {
    status: 'unasked',
    url: source.url,
    answeredAtMs: null,
    trouble: null,
  };
  let checks: Checks = new Map();
  /** Made when somebody looks, and once for each answer. */
  let state: DashboardState | undefined;
  return {
    state() {
      state ??= summarise(ring, about, checks, surroundings);
      return state;
    },
    async ask(atMs) {
      const [metrics, ready] = await Promise.allSettled([
        source.metrics().then(parseMetrics),
        source.checks(),
      ]);
      checks = ready.status === 'fulfilled' ? ready.value : new Map();
      if (metrics.status === 'fulfilled') {
        ring.add(atMs, metrics.value);
        about = { ...about, status: 'answering', answeredAtMs: atMs, trouble: null };
      } else {
        ring.add(atMs);
        about = { ...about, status: 'silent', trouble: reasonOf(metrics.reason) };
      }
      state = undefined;
    },
  };
};

/** Asks again and again until the signal, so long after the answer before. */
export const keepAsking = async (
  watch: Watch,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    await watch.ask(Date.now());
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
};
