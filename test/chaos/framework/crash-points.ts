import type { CrashPoint, CrashWorld, Footprint } from './crash-world.ts';
import type { WriteRequest } from './write-requests.ts';

/** What came of killing a request at one of its calls. */
export interface CrashResult extends CrashPoint {
  readonly died: boolean;
  readonly status: number;
  readonly left: Footprint;
}

export interface CrashReport {
  readonly request: string;
  readonly status: number;
  /** What the request leaves when nothing disturbs it: what each repeat must leave, too. */
  readonly left: Footprint;
  readonly results: readonly CrashResult[];
}

export const requestName = ({ endpoint, which }: WriteRequest): string =>
  which === undefined ? endpoint : `${endpoint} ${which}`;

/**
 * Sends the request once and writes down its calls, then kills the process before and after each of them,
 * and repeats the request under its key each time.
 */
export const crashEverywhere = async (
  world: CrashWorld,
  request: WriteRequest,
): Promise<CrashReport> => {
  // The first of its kind also opens connections.
  await world.observe(request);
  const { calls, left, status } = await world.observe(request);
  const results: CrashResult[] = [];
  for (const [index, call] of calls.entries()) {
    for (const side of ['before', 'after'] as const) {
      const point = { index, call, side };
      results.push({ ...point, ...(await world.crash(request, point)) });
    }
  }
  return { request: requestName(request), status, left, results };
};

const isSame = (one: Footprint, other: Footprint): boolean =>
  Object.keys({ ...one, ...other }).every((name) => one[name] === other[name]);

/** Points at which something else came out than exactly the request's effect; empty: none. */
export const crashFindings = ({ request, status, left, results }: CrashReport): string[] =>
  results.flatMap((result) => {
    const where = `${request}, killed ${result.side} ${result.call.part} ${result.call.call}`;
    if (!result.died) return [`${where}: it was answered all the same`];
    if (result.status !== status)
      return [`${where}: the repeat was answered with ${result.status}`];
    if (isSame(result.left, left)) return [];
    return [`${where}: left ${JSON.stringify(result.left)} instead of ${JSON.stringify(left)}`];
  });

export const crashReportInMarkdown = (reports: readonly CrashReport[]): string =>
  [
    '# Crash points',
    '',
    '| request | call | killed before | killed after |',
    '|---|---|---|---|',
    ...reports.flatMap((report) => {
      const findings = crashFindings(report);
      const verdict = ({ side, call }: CrashPoint) =>
        findings.some((one) => one.includes(`killed ${side} ${call.part} ${call.call}`))
          ? '**not one effect**'
          : 'one effect';
      const before = report.results.filter(({ side }) => side === 'before');
      return before.map((point) => {
        const { part, call } = point.call;
        const after = verdict({ ...point, side: 'after' });
        return `| ${report.request} | ${part}: ${call} | ${verdict(point)} | ${after} |`;
      });
    }),
    '',
  ].join('\n');
