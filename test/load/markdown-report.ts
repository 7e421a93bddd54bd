import { type BenchResults, thresholdsOf } from './bench-results.ts';
import type { SideFigures } from './handler-rounds.ts';
import { intakeForms } from './intake-rounds.ts';
import type { Form, SqlComparison } from './sql-rounds.ts';

const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const percent = (share: number): string => `${whole(share * 100)} %`;
const two = (value: number): string => value.toFixed(2);
const three = (value: number): string => value.toFixed(3);
const kilobytes = (bytes: number): string => whole(bytes / 1_000);

const sqlRows = ({ shape, perSecond, postgresCpuMs, ratio, batchRatio }: SqlComparison) => {
  const row = (calls: string, full: Form, lean: Form, share: number): string[] => [
    shape === 'hot' ? 'one hot' : 'spread',
    calls,
    whole(perSecond[full]),
    whole(perSecond[lean]),
    two(share),
    three(postgresCpuMs[full]),
    three(postgresCpuMs[lean]),
  ];
  return [row('1', 'full', 'lean', ratio), row('100', 'fullBatch', 'leanBatch', batchRatio)];
};

const sideRow = (who: string, { environments, ratio }: { environments: number; ratio: string }) => {
  return (side: SideFigures): string[] => [
    String(environments),
    who,
    whole(side.perSecond),
    ratio,
    two(side.p50Ms),
    two(side.p99Ms),
    two(side.postgresCpuMs),
    two(side.functionCpuMs),
    two(side.generatorCpuMs),
  ];
};

/** Above it the figures say more about the neighbours than about Atlas. */
const quiet = 0.1;

/** The results as the generated section of docs/benchmarks.md. */
export const markdownReport = (results: BenchResults): string => {
  const { machine, sql, histories, storage, intake, handler, imports, tracers } = results;
  const busy =
    machine.busyBefore > quiet ? ' **Others were at work: repeat it when it is quiet.**' : '';
  return `Measured ${results.measuredAt.slice(0, 10)}${results.quick ? ' with `--quick`' : ''} on \
${machine.cores} cores (${machine.processor}) shared by Postgres ${machine.postgres}, the functions \
and the load generator; Node ${machine.node}; busy before: ${percent(machine.busyBefore)}.${busy}

### Thresholds

${table(
  ['what', 'measured', 'demanded', ''],
  thresholdsOf(results).map(({ name, value, direction, limit, unit, met }) => [
    name,
    `${two(value)}${unit}`,
    `${direction} ${limit}${unit}`,
    met ? 'met' : '**not met**',
  ]),
)}

### The posting function beside the yardstick

16 connections of one process, 10,000 accounts.

${table(
  [
    'accounts',
    'transfers in a call',
    'all features /s',
    'yardstick /s',
    'ratio',
    'Postgres CPU ms',
    'yardstick CPU ms',
  ],
  sql.flatMap((one) => sqlRows(one)),
)}

### Asynchronous intake

A transfer is accepted in a request of its own, and posted with a hundred others by the poster, without SQS
in between: ${whole(intake?.accepted ?? 0)} of them in a round. Both together are what a transfer takes of Postgres.

${table(
  ['what', '/s', 'of single transfers', 'Postgres CPU ms'],
  intakeForms.map((form) => [
    form === 'single' ? 'single transfers' : form,
    whole(intake?.perSecond[form] ?? 0),
    two((intake?.perSecond[form] ?? 0) / (intake?.perSecond.single ?? 1)),
    three(intake?.postgresCpuMs[form] ?? 0),
  ]),
)}

### Balances of a past

Of an account with an entry a minute, each with a business time of its own; at any time of its history.
Medians, one connection.

${table(
  ['question', 'entries', 'ms', 'entries', 'ms', 'ratio'],
  histories.map(({ question, short, long, ratio }) => [
    question,
    whole(short.entries),
    three(short.medianMs),
    whole(long.entries),
    three(long.medianMs),
    two(ratio),
  ]),
)}

### Storage of a transfer

Bytes for each of ${whole(storage?.transfers ?? 0)} single transfers of one posting, published, with the empty space on the pages.

${table(
  ['table', 'rows', 'indexes', 'both'],
  [
    ...(storage?.tables ?? []).map(({ table: name, rowBytes, indexBytes }) => [
      name,
      whole(rowBytes),
      whole(indexBytes),
      whole(rowBytes + indexBytes),
    ]),
    ['all', '', '', whole(storage?.totalBytes ?? 0)],
  ],
)}

### The handler beside a bare driver

CPU is milliseconds per transfer: of Postgres, of the processes that post, of the load generator.

${table(
  ['environments', '', '/s', 'ratio', 'p50 ms', 'p99 ms', 'Postgres', 'poster', 'generator'],
  handler.flatMap(({ environments, ratio, handler: ours, bare }) => [
    sideRow('handler', { environments, ratio: two(ratio) })(ours),
    sideRow('bare driver', { environments, ratio: '' })(bare),
  ]),
)}

Warm request outside Postgres, median: ${handler
    .map(({ environments, outsideMs }) => `${two(outsideMs)} ms at ${environments}`)
    .join(', ')}.

### Cold import and size

${table(
  ['function', 'bundled ms', 'bundled kB', 'over layers ms', 'without layers kB'],
  imports.map((one) => [
    one.name,
    whole(one.bundledMs),
    kilobytes(one.bundledBytes),
    whole(one.publishedMs),
    kilobytes(one.publishedBytes),
  ]),
)}

With a tracer in it, post-transfer:

${table(
  ['tracer', 'bundled ms', 'bundled kB'],
  tracers.map(({ tracer, importMs, bytes }) => [tracer, whole(importMs), kilobytes(bytes)]),
)}
`;
};

const begin = '<!-- bench: begin -->';
const end = '<!-- bench: end -->';

/** The page with its generated section replaced; what people wrote around it stays. */
export const withReport = (page: string, report: string): string => {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error('the page has no markers for the generated section');
  return `${page.slice(0, from + begin.length)}\n\n${report}\n${page.slice(to)}`;
};
