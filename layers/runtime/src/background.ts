import { type Deadline, deadlineIn, kindOfError, type WorkMetric } from '@atlas/domain';
import type { Context } from 'aws-lambda';
import { type Constant, log } from './logging/log.ts';
import type { LogFields } from './logging/log-fields.ts';
import type { FleetMetrics } from './metrics/fleet-metrics.ts';
import { type Measured, RunMetrics } from './metrics/run-metrics.ts';
import { inScope } from './tracing/scope.ts';
import { currentTracer } from './tracing/tracer.ts';

/** What a consumer, relay or job may tell: counts and durations, and one log line at the end. */
export interface BackgroundRun {
  readonly signal: AbortSignal;
  /** When the signal fires. */
  readonly deadline: Deadline;
  /** Of this run's span. */
  readonly traceparent: string;
  /** Adds to a count; of a gauge, says what it is. */
  count(metric: WorkMetric, value: number): void;
  durationMs(metric: WorkMetric, value: number): void;
  /** Says what a gauge is, for each of its labels. */
  measure(metric: WorkMetric, values: readonly Measured[]): void;
  /** Of what was handled one by one: so many failed. Otherwise the run is what counts. */
  handled(counts: { readonly all: number; readonly failed: number }): void;
  note(fields: LogFields): void;
  fault<Message extends string>(
    message: Constant<Message>,
    error: unknown,
    fields?: LogFields,
  ): void;
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
 * line and one metrics line a run. A run that fails throws, so that Lambda retries.
 */
export const background = <Event, Result>(
  settings: BackgroundSettings,
  work: (event: Event, run: BackgroundRun, context: Context) => Promise<Result>,
  { fleet }: BackgroundSurroundings = {},
): ((event: Event, context: Context) => Promise<Result>) => {
  return (event, context) => {
    const metrics = new RunMetrics(settings.name);
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
      let failed = true;
      try {
        const result = await work(event, run, context);
        failed = false;
        span.end();
        return result;
      } catch (error) {
        span.end(error);
        run.fault('the run failed', error);
        throw new RunFailed(settings.name, error);
      } finally {
        finish(failed);
        await fleet?.()?.settle(tellingMs, settings.name, metrics.gauges);
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
  metrics: RunMetrics,
  {
    name,
    budgetMs,
    traceparent,
  }: { readonly name: string; readonly budgetMs: number; readonly traceparent: string },
): { readonly run: BackgroundRun; readonly finish: (failed: boolean) => void } => {
  const startedMs = performance.now();
  let noted: LogFields = {};
  const run: BackgroundRun = {
    signal: AbortSignal.timeout(budgetMs),
    deadline: deadlineIn(Date.now(), budgetMs),
    traceparent,
    count: (metric, value) => metrics.add(metric, value),
    durationMs: (metric, value) => metrics.add(metric, value),
    measure: (metric, values) => metrics.measure(metric, values),
    handled: (counts) => metrics.handled(counts),
    note: (more) => {
      noted = { ...noted, ...more };
    },
    fault: (message, error, fields) => log.error(message, error, fields),
  };
  const finish = (failed: boolean) => {
    const durationMs = Math.round(performance.now() - startedMs);
    log.info('the run ended', { ...noted, function: name, durationMs });
    metrics.end(durationMs, failed);
  };
  return { run, finish };
};
