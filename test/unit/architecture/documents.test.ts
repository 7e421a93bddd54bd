import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const documents = globSync('{*.md,docs/**/*.md}', { cwd: root });

/** Links to files; anchors and addresses elsewhere are left alone. */
const brokenLinks = (document: string, text: string): string[] =>
  [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => !existsSync(join(root, dirname(document), target)));

const guarantees = 'docs/architecture/guarantees.md';

describe('the documents', () => {
  it.each(documents)('%s links to what exists', (document) => {
    expect(brokenLinks(document, readFileSync(join(root, document), 'utf8'))).toEqual([]);
  });

  it('would be found to link to what does not', () => {
    expect(brokenLinks('README.md', '[planted](docs/no-such-page.md)')).toEqual([
      'docs/no-such-page.md',
    ]);
  });

  it('name tests that exist, for every promise', () => {
    const rows = readFileSync(join(root, guarantees), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| ') && !line.startsWith('| promise'));
    expect(rows.length).toBeGreaterThan(10);
    const tests = globSync('test/**/*.ts', { cwd: root });
    const isKnown = (name: string): boolean =>
      existsSync(join(root, name)) ||
      tests.some((file) => file.endsWith(`/${name}`) || file.endsWith(`/${name}.test.ts`)) ||
      tests.some((file) => file.endsWith(`/${name}.ts`)) ||
      name.startsWith('make ');
    for (const row of rows) {
      const proof = row.split('|').at(-2) ?? '';
      const named = [...proof.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
      const unknown = named.filter((name) => !isKnown(name));
      expect({ row, named: named.length > 0, unknown }).toEqual({ row, named: true, unknown: [] });
    }
  });
});
