import type { Subject } from './conformance-case.ts';
import type { Outcome, Result } from './run-suite.ts';

const signs: Readonly<Record<Outcome['kind'], string>> = {
  passed: 'pass',
  failed: 'FAIL',
  'not-applicable': 'n/a',
};

const columnWidth = 10;

const countOf = (results: readonly Result[], kind: Outcome['kind']): number =>
  results.filter(({ outcome }) => outcome.kind === kind).length;

/** A row a case, a column a subject; below it what failed and why, and what could not be run. */
export const resultTable = (results: readonly Result[], subjects: readonly Subject[]): string => {
  const names = [...new Set(results.map(({ of }) => of.name))];
  const width = Math.max(...names.map(({ length }) => length)) + 2;
  const rows = names.map((name) => {
    const cells = subjects.map((subject) => {
      const found = results.find((one) => one.of.name === name && one.subject === subject);
      return (found === undefined ? '' : signs[found.outcome.kind]).padEnd(columnWidth);
    });
    return `${name.padEnd(width)}${cells.join('')}`.trimEnd();
  });
  const failures = results.flatMap(({ of, subject, outcome }) =>
    outcome.kind === 'failed' ? [`FAIL ${of.name} (${subject.name}): ${outcome.why}`] : [],
  );
  const needs = new Set(
    results.flatMap(({ outcome }) => (outcome.kind === 'not-applicable' ? outcome.lacks : [])),
  );
  return [
    ''.padEnd(width) + subjects.map(({ name }) => name.padEnd(columnWidth)).join(''),
    ...rows,
    '',
    ...failures,
    ...(needs.size === 0 ? [] : [`n/a: not over a bare URL; needs ${[...needs].join(', ')}`]),
    `${names.length} cases: ${countOf(results, 'passed')} passed, ${countOf(results, 'failed')} failed, ` +
      `${countOf(results, 'not-applicable')} not applicable`,
  ].join('\n');
};
