import { allowedFields, longText, metricsOf, withoutUndefined } from './allowed-fields.ts';
import { documentForm, type LogDocument } from './log-document.ts';
import type { LogEvent } from './log-envelope.ts';
import { platformLine } from './platform-line.ts';

type Content = Omit<LogDocument, '@timestamp' | 'form' | 'eventId' | 'stage' | 'function'>;

/** Whose line it is, from the name of the group: a line cannot claim another function. */
const functionOf = (stage: string, logGroup: string): string => {
  const prefix = `/aws/lambda/atlas-${stage}-`;
  return logGroup.startsWith(prefix) ? logGroup.slice(prefix.length) : logGroup;
};

const objectIn = (text: string): Readonly<Record<string, unknown>> | undefined => {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
};

const kindOf = (line: Readonly<Record<string, unknown>>): Content['kind'] => {
  if (line._aws === undefined) return 'log';
  return typeof line.endpoint === 'string' ? 'request' : 'run';
};

const contentOf = (message: string): Content | undefined => {
  const platform = platformLine(message);
  if (platform?.kind === 'nothing') return undefined;
  if (platform?.kind === 'report') return platform;
  const { requestId, level, text } = platform ?? { text: message.trim() };
  if (text === '') return undefined;
  const line = objectIn(text);
  if (line === undefined) {
    const written = longText.parse(text);
    return withoutUndefined({ kind: 'text', level, requestId, message: written }) as Content;
  }
  const { durationMs, ...fields } = allowedFields.parse(line);
  const metrics = {
    ...(durationMs === undefined ? {} : { DurationMs: durationMs }),
    ...metricsOf(line),
  };
  return withoutUndefined({
    kind: kindOf(line),
    ...withoutUndefined({ level, requestId }),
    ...withoutUndefined(fields),
    metrics: Object.keys(metrics).length === 0 ? undefined : metrics,
  }) as Content;
};

/** The document of a line; none where it says nothing, as an empty one, or the start of an invocation. */
export const documentOf = (
  stage: string,
  logGroup: string,
  event: LogEvent,
): LogDocument | undefined => {
  const content = contentOf(event.message);
  if (content === undefined) return undefined;
  return {
    '@timestamp': new Date(event.timestamp).toISOString(),
    form: documentForm,
    eventId: event.id,
    stage,
    function: functionOf(stage, logGroup),
    ...content,
  };
};
