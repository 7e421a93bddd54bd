import { type Deadline, deadlineIn, kindOfError } from '@atlas/domain';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import { stageConfig } from './config.ts';
import { type Constant, correlation, log } from './logging/log.ts';
import type { LogFields } from './logging/log-fields.ts';
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
  note(fields: LogFields): void;
  fault<Message extends string>(
    message: Constant<Message>,
    error: unknown,
    fields?: LogFields,
  ): void;
}

const answeringMs = 1_000;

/**
 * Wraps work that no caller waits for: a signal that fires when the budget is nearly spent, one log
 * line and one metrics line a run. A run that fails throws, so that Lambda retries.
 */
export const background = <Event, Result>(
  settings: { readonly name: string; readonly budgetMs: number },
  work: (event: Event, run: BackgroundRun, context: Context) => Promise<Result>,
): ((event: Event, context: Context) => Promise<Result>) => {
  let metrics: Metrics | undefined;
  return (event, context) => {
    metrics ??= metricsOf(settings.name);
    const leftMs = context.getRemainingTimeInMillis?.() ?? settings.budgetMs;
    const budgetMs = Math.max(0, Math.min(settings.budgetMs, leftMs - answeringMs));
    const { awsRequestId: requestId } = context;
    const span = currentTracer().start({
      name: settings.name,
      kind: 'internal',
      attributes: { 'atlas.request_id': requestId },
    });
    const { traceparent } = span;
    const { run, finish } = runWith(metrics, { name: settings.name, budgetMs, traceparent });
    return inScope({ requestId, traceparent, span }, async () => {
      try {
        const result = await work(event, run, context);
        span.end();
        return result;
      } catch (error) {
        span.end(error);
        run.fault('the run failed', error);
        throw new RunFailed(settings.name, error);
      } finally {
        finish();
      }
    });
  };
};

/** What Lambda is told of a run that failed: it logs whatever is thrown, and the cause may say too much. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed';

  constructor(run: string, cause: unknown) {
    super(`${run} failed: ${kindOfError(cause)}`);
  }
}

const runWith = (
  metrics: Metrics,
  {
    name,
    budgetMs,
    traceparent,
  }: { readonly name: string; readonly budgetMs: number; readonly traceparent: string },
): { readonly run: BackgroundRun; readonly finish: () => void } => {
  const startedMs = performance.now();
  let noted: LogFields = {};
  const run: BackgroundRun = {
    signal: AbortSignal.timeout(budgetMs),
    deadline: deadlineIn(Date.now(), budgetMs),
    traceparent,
    count: (metric, value) => metrics.addMetric(metric, MetricUnit.Count, value),
    durationMs: (metric, value) => metrics.addMetric(metric, MetricUnit.Milliseconds, value),
    note: (more) => {
      noted = { ...noted, ...more };
    },
    fault: (message, error, fields) => log.error(message, error, fields),
  };
  const finish = () => {
    const durationMs = Math.round(performance.now() - startedMs);
    run.durationMs('DurationMs', durationMs);
    log.info('the run ended', { ...noted, function: name, durationMs });
    for (const [id, value] of Object.entries(correlation())) metrics.addMetadata(id, value);
    metrics.publishStoredMetrics();
  };
  return { run, finish };
};

const metricsOf = (name: string): Metrics => {
  const stage = stageConfig();
  return new Metrics({
    namespace: stage.POWERTOOLS_METRICS_NAMESPACE,
    serviceName: stage.POWERTOOLS_SERVICE_NAME,
    defaultDimensions: { function: name },
  });
};
