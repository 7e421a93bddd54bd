import { type Deadline, deadlineIn, type WorkMetric } from '@atlas/domain';
import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { stageConfig } from './config.ts';
import type { FleetMetrics } from './metrics/fleet-metrics.ts';
import { type Measured, RunMetrics } from './metrics/run-metrics.ts';

/** What a consumer, relay or job may tell: counts and durations, and one log line at the end. */
export interface BackgroundRun {
  readonly signal: AbortSignal;
  /** When the signal fires. */
  readonly deadline: Deadline;
  /** Adds to a count; of a gauge, says what it is. */
  count(metric: WorkMetric, value: number): void;
  durationMs(metric: WorkMetric, value: number): void;
  /** Says what a gauge is, for each of its labels. */
  measure(metric: WorkMetric, values: readonly Measured[]): void;
  /** Of what was handled one by one: so many failed. Otherwise the run is what counts. */
  handled(counts: { readonly all: number; readonly failed: number }): void;
  note(fields: Readonly<Record<string, string | number | boolean>>): void;
  fault(message: string, error: unknown): void;
}

export interface BackgroundSettings {
  readonly name: string;
  readonly budgetMs: number;
}

/** What a run has around it. */
export interface BackgroundSurroundings {
  /** Absent: what is counted stays in the process. */
  readonly fleet?: () => FleetMetrics | undefined;
}

const answeringMs = 1_000;
/** For how long a run that is over waits until the fleet was told. */
const tellingMs = 1_000;

/**
 * Wraps work that no caller waits for: a signal that fires when the budget is nearly spent, one log
 * line and one metrics line a run. Faults of the work are thrown on, so that Lambda retries.
 */
export const background = <Event, Result>(
  settings: BackgroundSettings,
  work: (event: Event, run: BackgroundRun, context: Context) => Promise<Result>,
  { fleet }: BackgroundSurroundings = {},
): ((event: Event, context: Context) => Promise<Result>) => {
  let logger: Logger | undefined;
  return async (event, context) => {
    logger ??= new Logger({ serviceName: stageConfig().POWERTOOLS_SERVICE_NAME });
    const log = logger;
    const metrics = new RunMetrics(settings.name);
    const startedMs = performance.now();
    const leftMs = context.getRemainingTimeInMillis?.() ?? settings.budgetMs;
    const budgetMs = Math.max(0, Math.min(settings.budgetMs, leftMs - answeringMs));
    const fields: Record<string, string | number | boolean> = {};
    const run: BackgroundRun = {
      signal: AbortSignal.timeout(budgetMs),
      deadline: deadlineIn(Date.now(), budgetMs),
      count: (metric, value) => metrics.add(metric, value),
      durationMs: (metric, value) => metrics.add(metric, value),
      measure: (metric, values) => metrics.measure(metric, values),
      handled: (counts) => metrics.handled(counts),
      note: (more) => Object.assign(fields, more),
      fault: (message, error) => log.error(message, error as Error),
    };
    let failed = true;
    try {
      const result = await work(event, run, context);
      failed = false;
      return result;
    } finally {
      const durationMs = Math.round(performance.now() - startedMs);
      log.info(settings.name, { ...fields, durationMs });
      metrics.end(durationMs, failed);
      await fleet?.()?.settle(tellingMs, settings.name, metrics.gauges);
    }
  };
};
