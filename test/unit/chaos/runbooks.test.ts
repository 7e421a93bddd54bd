import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { experiments } from '../../chaos/experiments.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const folder = join(root, 'docs', 'runbooks');

interface Runbook {
  readonly name: string;
  readonly text: string;
}

interface Rehearsed {
  readonly name: string;
  readonly runbook: string | undefined;
}

const runbooks: readonly Runbook[] = readdirSync(folder).map((file) => ({
  name: basename(file, '.md'),
  text: readFileSync(join(folder, file), 'utf8'),
}));

const code = /`([^`]+)`/g;

/** What a page says of how it is rehearsed, and where that is not what the experiments say. */
const disagreements = (pages: readonly Runbook[], all: readonly Rehearsed[]): readonly string[] =>
  pages.flatMap(({ name, text }) => {
    const [, section] = /\n## Rehearse\n\n([\s\S]+)$/.exec(text) ?? [];
    if (section === undefined) return [`${name} does not say how it is rehearsed`];
    const named = [...section.matchAll(code)].map(([, one = '']) => one);
    const own = all.filter(({ runbook }) => runbook === name).map((one) => one.name);
    if (own.length === 0) {
      const tests = named.filter((one) => one.startsWith('test/'));
      const isExplained = section.startsWith('No experiment: ') && tests.length > 0;
      const missing = tests.filter((test) => !existsSync(join(root, test)));
      return [
        ...(isExplained
          ? []
          : [`${name} has no experiment and does not say why, nor what tests it`]),
        ...missing.map((test) => `${name} names ${test}, which is not there`),
      ];
    }
    const known = new Set(own);
    return [
      ...own.filter((one) => !named.includes(one)).map((one) => `${name} does not name ${one}`),
      ...named
        .filter((one) => !one.startsWith('make ') && !known.has(one))
        .map((one) => `${name} names ${one}, which is not about it`),
    ];
  });

describe('runbooks and experiments', () => {
  it('name each other, and a page without an experiment says why, and what tests it instead', () => {
    expect(runbooks.length).toBeGreaterThan(15);
    expect(disagreements(runbooks, experiments)).toEqual([]);
  });

  it('would be found to disagree, whichever of the two changed', () => {
    const [first, ...others] = experiments.filter(({ runbook }) => runbook === 'outbox-late');
    if (first === undefined) throw new Error('there is no experiment about the outbox');
    const moved = [...others, { name: first.name, runbook: 'function-slow' }];
    const pages = runbooks.filter(({ name }) => /^(?:outbox-late|outbox-parked)$/.test(name));
    expect(disagreements(pages, moved)).toEqual([
      `outbox-late names ${first.name}, which is not about it`,
      'outbox-parked has no experiment and does not say why, nor what tests it',
    ]);
    const silent = [{ name: 'outbox-late', text: '# Events are late\n' }];
    expect(disagreements(silent, experiments)).toEqual([
      'outbox-late does not say how it is rehearsed',
    ]);
  });

  it('have every section, in the order in which somebody needs them', () => {
    for (const { name, text } of runbooks) {
      const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, section]) => section);
      const wanted = ['Diagnose', 'Mitigate', 'Verify', 'Escalate', 'Rehearse'];
      const least = wanted.filter((section) => name !== 'local-platform' || section !== 'Escalate');
      expect({ name, sections }).toEqual({ name, sections: least });
    }
  });
});
