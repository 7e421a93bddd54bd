import { type Deadline, deadlineIn } from '@atlas/domain';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import { stageConfig } from './config.ts';
import { inScope } from './tracing/scope.ts';
import { currentTracer } from './tracing/tracer.ts';

/** What a consumer, relay or job may tell: counts and durations, and one log line at the end. */
export interface BackgroundRun {
  readonly signal: AbortSignal;
  /** When the signal fires. */
  readonly deadline: Deadline;
  /** Of this run's span. */
  readonly traceparent: string;
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
  let tools: Tools | undefined;
  return (event, context) => {
    tools ??= makeTools(settings.name);
    const leftMs = context.getRemainingTimeInMillis?.() ?? settings.budgetMs;
    const budgetMs = Math.max(0, Math.min(settings.budgetMs, leftMs - answeringMs));
    const span = currentTracer().start({
      name: settings.name,
      kind: 'internal',
      attributes: { 'atlas.request_id': context.awsRequestId },
    });
    const { traceparent } = span;
    const scope = { requestId: context.awsRequestId, traceparent, span };
    const { run, finish } = runWith(tools, { name: settings.name, budgetMs, traceparent });
    return inScope(scope, async () => {
      try {
        const result = await work(event, run, context);
        span.end();
        return result;
      } catch (error) {
        span.end(error);
        throw error;
      } finally {
        finish();
      }
    });
  };
};

interface Tools {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const runWith = (
  { logger, metrics }: Tools,
  { name, budgetMs, traceparent }: Record<'name' | 'traceparent', string> & { budgetMs: number },
): { readonly run: BackgroundRun; readonly finish: () => void } => {
  const startedMs = performance.now();
  const fields: Record<string, string | number | boolean> = {};
  const run: BackgroundRun = {
    signal: AbortSignal.timeout(budgetMs),
    deadline: deadlineIn(Date.now(), budgetMs),
    traceparent,
    count: (metric, value) => metrics.addMetric(metric, MetricUnit.Count, value),
    durationMs: (metric, value) => metrics.addMetric(metric, MetricUnit.Milliseconds, value),
    note: (more) => Object.assign(fields, more),
    fault: (message, error) => logger.error(message, error as Error),
  };
  const finish = () => {
    const durationMs = Math.round(performance.now() - startedMs);
    run.durationMs('DurationMs', durationMs);
    logger.info(name, { ...fields, durationMs });
    metrics.publishStoredMetrics();
  };
  return { run, finish };
};

const makeTools = (name: string): Tools => {
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
