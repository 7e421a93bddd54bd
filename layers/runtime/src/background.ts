import { type Deadline, deadlineIn } from '@atlas/domain';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import { stageConfig } from './config.ts';

/** What a consumer, relay or job may tell: counts and durations, and one log line at the end. */
export interface BackgroundRun {
  readonly signal: AbortSignal;
  /** When the signal fires. */
  readonly deadline: Deadline;
  count(metric: string, value: number): void;
  durationMs(metric: string, value: number): void;
  note(fields: Readonly<Record<string, string | number | boolean>>): void;
  fault(message: string, error: unknown): void;
}

const answeringMs = 1_000;

/**
 * Wraps work that no caller waits for: a signal that fires when the budget is nearly spent, one log
 * line and one metrics line a run. Faults of the work are thrown on, so that Lambda retries.
 */
export const background = <Event, Result>(
  settings: { readonly name: string; readonly budgetMs: number },
  work: (event: Event, run: BackgroundRun, context: Context) => Promise<Result>,
): ((event: Event, context: Context) => Promise<Result>) => {
  let tools: { readonly logger: Logger; readonly metrics: Metrics } | undefined;
  return async (event, context) => {
    tools ??= makeTools(settings.name);
    const { logger, metrics } = tools;
    const startedMs = performance.now();
    const leftMs = context.getRemainingTimeInMillis?.() ?? settings.budgetMs;
    const budgetMs = Math.max(0, Math.min(settings.budgetMs, leftMs - answeringMs));
    const fields: Record<string, string | number | boolean> = {};
    const run: BackgroundRun = {
      signal: AbortSignal.timeout(budgetMs),
      deadline: deadlineIn(Date.now(), budgetMs),
      count: (metric, value) => metrics.addMetric(metric, MetricUnit.Count, value),
      durationMs: (metric, value) => metrics.addMetric(metric, MetricUnit.Milliseconds, value),
      note: (more) => Object.assign(fields, more),
      fault: (message, error) => logger.error(message, error as Error),
    };
    try {
      return await work(event, run, context);
    } finally {
      const durationMs = Math.round(performance.now() - startedMs);
      run.durationMs('DurationMs', durationMs);
      logger.info(settings.name, { ...fields, durationMs });
      metrics.publishStoredMetrics();
    }
  };
};

const makeTools = (name: string) => {
  const stage = stageConfig();
  return {
    logger: new Logger({ serviceName: stage.POWERTOOLS_SERVICE_NAME }),
    metrics: new Metrics({
      namespace: stage.POWERTOOLS_METRICS_NAMESPACE,
      serviceName: stage.POWERTOOLS_SERVICE_NAME,
      defaultDimensions: { function: name },
    }),
  };
};
