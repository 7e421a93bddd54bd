import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { problemKinds } from '@atlas/runtime';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const pages = join(root, 'docs', 'problems');

const disagreement = (codes: readonly string[], documented: readonly string[]) => ({
  undocumented: codes.filter((code) => !documented.includes(code)),
  unknown: documented.filter((page) => !codes.includes(page)),
});

describe('the problem codes', () => {
  const codes = Object.keys(problemKinds);
  const documented = readdirSync(pages).map((file) => basename(file, '.md'));

  it('each have their page, and each page its code', () => {
    expect(disagreement(codes, documented)).toEqual({ undocumented: [], unknown: [] });
  });

  it('would be found undocumented if one were planted', () => {
    expect(disagreement([...codes, 'planted'], documented).undocumented).toEqual(['planted']);
  });

  it.each(Object.entries(problemKinds))('say the same of %s in the page', (code, kind) => {
    const page = readFileSync(join(pages, `${code}.md`), 'utf8');
    expect(page).toContain(`# ${code}\n`);
    expect(page).toContain(`**${kind.status}**`);
    expect(page).toContain(kind.title);
    expect(page).toContain(`"retryable": ${kind.retryable}`);
  });
});

describe('a refusal without a problem', () => {
  it('does not compile', () => {
    // A copy of the map inside the tree, so that it resolves what the real one resolves.
    const source = join(root, 'layers', 'runtime', 'src');
    const folder = mkdtempSync(join(source, 'planted-'));
    try {
      const map = readFileSync(join(source, 'failure-problems.ts'), 'utf8')
        .replaceAll("from './", "from '../")
        .replace("'same-account':", "'no-such-refusal':");
      writeFileSync(join(folder, 'failure-problems.ts'), map);
      const config = join(folder, 'tsconfig.json');
      writeFileSync(
        config,
        JSON.stringify({ extends: '../../../../tsconfig.json', include: ['*.ts'] }),
      );
      const { status, stdout } = spawnSync('tsc', ['-p', config], { encoding: 'utf8' });
      expect(status).not.toBe(0);
      expect(stdout).toContain('same-account');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
