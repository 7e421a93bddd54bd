import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface PageFile {
  readonly type: string;
  readonly body: string;
}

const folder = join(import.meta.dirname, 'page');
const uplotStyle = join(
  import.meta.dirname,
  '..',
  '..',
  'node_modules',
  'uplot',
  'dist',
  'uPlot.min.css',
);

/** The page with everything that it needs, by path; nothing comes from elsewhere. */
export const pageFiles = async (): Promise<ReadonlyMap<string, PageFile>> => {
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'main.tsx')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'warning',
  });
  const styles = [uplotStyle, join(folder, 'style.css')];
  const style = await Promise.all(styles.map((file) => readFile(file, 'utf8')));
  return new Map([
    ['/', { type: 'text/html', body: await readFile(join(folder, 'index.html'), 'utf8') }],
    ['/page.js', { type: 'text/javascript', body: outputFiles.map(({ text }) => text).join('') }],
    ['/style.css', { type: 'text/css', body: style.join('\n') }],
  ]);
};
