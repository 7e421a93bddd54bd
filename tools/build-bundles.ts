/**
 * Builds what Lambda runs, all in seconds and without Docker:
 *
 *   .atlas/build/bundled/<function>/index.js     each function with everything it needs
 *   .atlas/build/published/<function>/index.js   the same without @atlas/*, which come as layers
 *   .atlas/build/layers/<name>/nodejs/node_modules/@atlas/<name>/index.js
 *   .atlas/build/openapi.json, docs.html
 */
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { consumers, endpoints, jobs, queues, relays, triggers } from '../functions/manifest.ts';
import { describeApi } from '../functions/openapi.ts';
import { bundleOptions } from './bundle-options.ts';
import { docsPage } from './docs-page.ts';

const root = join(import.meta.dirname, '..');
const finished = join(root, '.atlas', 'build');
/** Built beside what others may be reading, who must not find it half empty. */
const out = `${finished}.${process.pid}`;
const layers = ['domain', 'postgres', 'kafka', 'dynamodb', 'runtime'] as const;

const folders = { api: endpoints, consumers, queues, relays, jobs, triggers } as const;

const entryPoints = Object.entries(folders).flatMap(([folder, rows]) =>
  rows.map((row) => ({
    in: join(root, 'functions', folder, `${row.name}.ts`),
    out: `${row.name}/index`,
  })),
);

const besideBundles = async (form: string): Promise<void> => {
  await cp(join(out, 'docs.html'), join(out, form, 'read-docs', 'docs.html'));
  await cp(join(out, 'openapi.json'), join(out, form, 'read-openapi', 'openapi.json'));
  await cp(
    join(root, 'layers', 'postgres', 'migrations'),
    join(out, form, 'migrate-shards', 'migrations'),
    { recursive: true },
  );
};

/** The folder's own name in the metafile, which would otherwise differ from build to build. */
const describe = (metafile: unknown): string =>
  JSON.stringify(metafile).replaceAll(`${basename(out)}/`, `${basename(finished)}/`);

const isCode = (error: unknown, ...codes: string[]) =>
  codes.includes((error as NodeJS.ErrnoException).code ?? '');

/** Puts the new build in the place of the old; tries again when another build was faster. */
const swapIn = async (): Promise<void> => {
  const old = `${out}.old`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(finished, old).catch((error: unknown) => {
        if (!isCode(error, 'ENOENT')) throw error;
      });
      await rename(out, finished);
      break;
    } catch (error) {
      if (attempt === 5 || !isCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
      await rm(old, { recursive: true, force: true });
    }
  }
  await rm(old, { recursive: true, force: true });
};

const startedMs = performance.now();
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
// On Lambda nothing is above a bundle; here the repository's own says that .js files are modules.
await writeFile(join(out, 'package.json'), '{"type":"commonjs"}\n');
const api = describeApi().then((document) =>
  writeFile(join(out, 'openapi.json'), `${JSON.stringify(document)}\n`),
);
await writeFile(join(out, 'docs.html'), docsPage());
const [bundled, published] = await Promise.all([
  build({ ...bundleOptions, entryPoints, outdir: join(out, 'bundled') }),
  build({
    ...bundleOptions,
    entryPoints,
    outdir: join(out, 'published'),
    external: ['pg-native', '@atlas/*'],
  }),
  ...layers.map((name) =>
    build({
      ...bundleOptions,
      entryPoints: [join(root, 'layers', name, 'src', 'index.ts')],
      outfile: join(out, 'layers', name, 'nodejs', 'node_modules', '@atlas', name, 'index.js'),
      external: [
        'pg-native',
        ...layers.filter((other) => other !== name).map((n) => `@atlas/${n}`),
      ],
    }),
  ),
]);
await api;
await Promise.all([besideBundles('bundled'), besideBundles('published')]);
await writeFile(join(out, 'bundled.meta.json'), describe(bundled.metafile));
await writeFile(join(out, 'published.meta.json'), describe(published.metafile));
await swapIn();
console.log(
  `built ${entryPoints.length} functions in two forms and ${layers.length} layers` +
    ` in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`,
);
