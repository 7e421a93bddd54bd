import { spawnSync } from 'node:child_process';
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { problemKinds } from '@atlas/runtime';
import { describe, expect, it } from 'vitest';
import { operationsOf } from '../../../functions/description/api-document.ts';
import { describeApi } from '../../../functions/openapi.ts';

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

describe('a problem code', () => {
  const codes = Object.keys(problemKinds);

  it('is answered by an operation, as the description says, or only beside one', async () => {
    const document = await describeApi();
    const described = new Set(
      operationsOf(document).flatMap(({ operation }) =>
        Object.values(operation.responses).flatMap(({ content }) =>
          Object.values(content).flatMap(({ schema }) => {
            return schema.allOf?.flatMap((part) => part.properties?.code?.enum ?? []) ?? [];
          }),
        ),
      ),
    );
    const elsewhere = {
      'cross-shard-batch': 'of an item, inside the answer to a batch',
      'route-not-found': 'of the gateway, where there is no operation',
    };
    expect(codes.filter((code) => !described.has(code)).toSorted()).toEqual(Object.keys(elsewhere));
  });

  it.each(codes)('%s is made somewhere', (code) => {
    const makers = globSync('{layers/*/src,functions,lib}/**/*.ts', { cwd: root })
      .filter((file) => !/runtime.src.problem[.]ts$|functions.description/.test(file))
      .filter((file) => readFileSync(join(root, file), 'utf8').includes(code));
    expect(makers).not.toEqual([]);
  });
});

describe('a refusal without a problem', () => {
  const source = join(root, 'layers', 'runtime', 'src');
  const map = readFileSync(join(source, 'failure-problems.ts'), 'utf8');

  /** Compiles a changed copy of the map: inside the repository, to resolve what the real one does. */
  const compile = (text: string) => {
    const atlas = join(root, '.atlas');
    mkdirSync(atlas, { recursive: true });
    const folder = mkdtempSync(join(atlas, 'planted-'));
    try {
      writeFileSync(
        join(folder, 'failure-problems.ts'),
        text.replaceAll("from './", "from '../../layers/runtime/src/"),
      );
      const config = join(folder, 'tsconfig.json');
      const options = { extends: '../../tsconfig.json', include: ['*.ts'] };
      writeFileSync(config, JSON.stringify(options));
      const tsc = join(root, 'node_modules', '.bin', 'tsc');
      return spawnSync(tsc, ['-p', config], { encoding: 'utf8' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it('does not compile', () => {
    const row = /^ {2}'same-account': [\s\S]*?^ {2}\}\),\n/m;
    expect(map).toMatch(row);
    const { status, stdout } = compile(map.replace(row, ''));
    expect(status).not.toBe(0);
    expect(stdout).toContain('same-account');
  });

  it('is the only reason why', () => {
    expect(map).toContain("'same-account':");
    expect(compile(map)).toMatchObject({ status: 0, stdout: '' });
  });
});
