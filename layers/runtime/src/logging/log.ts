import { Logger } from '@aws-lambda-powertools/logger';
import { logsConfig, stageConfig } from '../config.ts';
import { currentScope } from '../tracing/scope.ts';
import { type LogFields, toldFields } from './log-fields.ts';
import { toldError } from './told-error.ts';

/**
 * A message that is written in the source as it is. One that is put together at run time does not compile: what
 * varies belongs into fields, where it is known what it may be.
 */
export type Constant<Message extends string> =
  Record<never, never> extends Record<Message, 1> ? never : Message;

let made: Logger | undefined;
const logger = (): Logger => {
  made ??= new Logger({ serviceName: stageConfig().POWERTOOLS_SERVICE_NAME });
  return made;
};

/**
 * Whether the lines of this trace say more. It follows from the trace id, so that all functions that see a trace
 * agree.
 */
export const isVerbose = (traceparent: string): boolean => {
  const share = logsConfig().ATLAS_DEBUG_SHARE;
  return share > 0 && Number.parseInt(traceparent.slice(27, 35), 16) < share * 2 ** 32;
};

/** By what the lines of a request or a run are found together, in logs and traces. */
export const correlation = (): { readonly requestId?: string; readonly traceId?: string } => {
  const scope = currentScope();
  if (scope === undefined) return {};
  const { requestId, traceparent } = scope;
  return { requestId, traceId: traceparent.slice(3, 35) };
};

const lineOf = (fields: LogFields | undefined, error?: unknown): Record<string, unknown> => ({
  ...toldFields(correlation()),
  ...toldFields(fields),
  ...(error === undefined ? {} : { error: toldError(error) }),
});

/**
 * The one way to write a line. A line has a constant message, fields of an allow-list, of an error what may be
 * told, and the ids of the request and the trace that it belongs to.
 */
export const log = {
  info<Message extends string>(message: Constant<Message>, fields?: LogFields): void {
    logger().info(message, lineOf(fields));
  },

  warn<Message extends string>(
    message: Constant<Message>,
    error: unknown,
    fields?: LogFields,
  ): void {
    logger().warn(message, lineOf(fields, error));
  },

  error<Message extends string>(
    message: Constant<Message>,
    error: unknown,
    fields?: LogFields,
  ): void {
    logger().error(message, lineOf(fields, error));
  },

  /** Written for the share of traces that the stage asks for, and nowhere where nothing is under way. */
  debug<Message extends string>(message: Constant<Message>, fields?: LogFields): void {
    const scope = currentScope();
    if (scope === undefined || !isVerbose(scope.traceparent)) return;
    const level = logger().getLevelName();
    if (level === 'SILENT') return;
    logger().setLogLevel('DEBUG');
    logger().debug(message, lineOf(fields));
    logger().setLogLevel(level);
  },
} as const;
