import { parseTraceparent } from '@atlas/domain';
import { Trouble } from '../trouble.ts';
import { printTrace } from './print-trace.ts';
import type { TraceNode, TraceSummary } from './trace-store.ts';

const withDocker = 'with Docker they are at http://127.0.0.1:16686';

const read = async (url: string): Promise<Response> =>
  fetch(url).catch(() => {
    throw new Trouble(`no collector answers at ${url}: start it with make up`);
  });

/** The text of a trace; without an id, a line for each of the newest. */
export const showTrace = async (tracesUrl: string, id: string | undefined): Promise<string> => {
  if (id === undefined) {
    const answer = await read(`${tracesUrl}/traces`);
    if (!answer.ok) throw new Trouble(`${tracesUrl} shows no traces; ${withDocker}`);
    const { traces } = (await answer.json()) as { readonly traces: readonly TraceSummary[] };
    return traces.map(lineOf).join('\n');
  }
  const traceId = parseTraceparent(id)?.traceId ?? id;
  const answer = await read(`${tracesUrl}/traces/${traceId}`);
  if (!answer.ok) {
    const hint = 'spans come within a second or two, and the oldest are forgotten';
    throw new Trouble(`there is no trace ${traceId}: ${hint}; ${withDocker}`);
  }
  const { roots } = (await answer.json()) as { readonly roots: readonly TraceNode[] };
  return printTrace(roots);
};

const lineOf = ({ traceId, name, startedAtUnixMs, durationMs, spans, failed }: TraceSummary) => {
  const at = new Date(startedAtUnixMs).toISOString();
  const facts = `${spans} spans, ${durationMs.toFixed(1)} ms${failed ? ', failed' : ''}`;
  return `${traceId}  ${at}  ${name} (${facts})`;
};
