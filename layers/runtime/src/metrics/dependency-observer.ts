import type { CallObserver } from '../resilience/resilient-guard.ts';
import { processMetrics } from './metric-registry.ts';

/** Counts the calls of a dependency. What it counts in is looked up once, since it is on every request's way. */
export const dependencyObserver = (dependency: string): CallObserver => {
  const calls = processMetrics.count('DependencyCalls', dependency);
  const failures = processMetrics.count('DependencyFailures', dependency);
  const overloads = processMetrics.count('DependencyOverloads', dependency);
  const waitedMs = processMetrics.count('DependencyWaitedMs', dependency);
  const durations = processMetrics.durationsOf('DependencyMs', dependency);
  return {
    ended(outcome, durationMs) {
      calls.add(1);
      if (outcome === 'failed') failures.add(1);
      if (outcome === 'overloaded') overloads.add(1);
      durations.observe(durationMs);
    },
    waited: (ms) => waitedMs.add(ms),
  };
};
