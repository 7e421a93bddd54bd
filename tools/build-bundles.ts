/**
 * Builds what Lambda runs, all in seconds and without Docker:
 *
 *   .atlas/build/bundled/<function>/index.js     each function with everything it needs
 *   .atlas/build/published/<function>/index.js   the same without @atlas/*, which come as layers
 *   .atlas/build/<form>-<tracer>/<function>/…      as the stages have it; --tracing xray: bundled, and with that
 *   .atlas/build/layers/<name>/nodejs/node_modules/@atlas/<name>/index.js
 *   .atlas/build/layers/shutdown-extension/extensions/atlas-shutdown, which the layer runtime has as well
 *   .atlas/build/openapi.json, docs.html
 *   .atlas/build/fingerprint                     of what it was built from; nothing is built from the same twice
 */
import { readdirSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { folders } from '../functions/manifest.ts';
import { describeApi } from '../functions/openapi.ts';
import { readStage } from '../lib/stage.ts';
import { buildFingerprint } from './build-fingerprint.ts';
import { bundleOptions } from './bundle-options.ts';
import { docsPage } from './docs-page.ts';

const root = join(import.meta.dirname, '..');
const finished = join(root, '.atlas', 'build');
/** Built beside what others may be reading, who must not find it half empty. */
const out = `${finished}.${process.pid}`;
/** Those that come as Lambda layers; tracers stand in the bundles that have one. */
const layers = ['domain', 'postgres', 'kafka', 'dynamodb', 'runtime'] as const;

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
  await cp(join(root, 'functions', 'search'), join(out, form, 'configure-search', 'search'), {
    recursive: true,
  });
};

/** Lambda starts what it finds in the folder extensions/ of any layer. */
const addExtension = async (): Promise<void> => {
  const source = join(root, 'layers', 'shutdown-extension', 'extensions');
  for (const layer of ['shutdown-extension', 'runtime']) {
    await cp(source, join(out, 'layers', layer, 'extensions'), { recursive: true });
  }
};

/** The folder's own name in the metafile, which would otherwise differ from build to build. */
const describe = (metafile: unknown): string =>
  JSON.stringify(metafile).replaceAll(`${basename(out)}/`, `${basename(finished)}/`);

const forms = ['bundled', 'published'] as const;

interface Variant {
  readonly form: (typeof forms)[number];
  /** None: no tracer. */
  readonly tracer?: string;
}

/** Both forms without a tracer, those of the stages, and those that are asked for. */
const variants = (): readonly Variant[] => {
  const { values } = parseArgs({
    options: { tracing: { type: 'string', multiple: true, default: [] } },
  });
  const stages = readdirSync(join(root, 'lib', 'stages')).map((file) =>
    readStage(basename(file, '.json')),
  );
  const traced = [
    ...stages.map(({ code: form, tracing }) => ({ form, tracer: tracing.adapter })),
    ...values.tracing.map((tracer) => ({ form: 'bundled', tracer }) as const),
  ].filter(({ tracer }) => tracer !== 'none');
  const all = [...forms.map((form): Variant => ({ form })), ...traced];
  return [...new Map(all.map((variant) => [nameOf(variant), variant])).values()];
};

const nameOf = ({ form, tracer }: Variant): string =>
  tracer === undefined ? form : `${form}-${tracer}`;

/** Every function; a tracer is loaded before it. */
const buildFunctions = async (variant: Variant): Promise<void> => {
  const name = nameOf(variant);
  const { form, tracer } = variant;
  const { metafile } = await build({
    ...bundleOptions,
    entryPoints,
    outdir: join(out, name),
    metafile: true,
    inject: tracer === undefined ? [] : [join(root, 'functions', 'tracing', `${tracer}.ts`)],
    external: ['pg-native', ...(form === 'published' ? layers.map((one) => `@atlas/${one}`) : [])],
  });
  await besideBundles(name);
  await writeFile(join(out, `${name}.meta.json`), describe(metafile));
};

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
const fingerprint = await buildFingerprint(root, process.argv.slice(2));
const built = await readFile(join(finished, 'fingerprint'), 'utf8').catch(() => '');
if (built === fingerprint) {
  console.log('nothing has changed since the functions were built');
  process.exit();
}
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
// On Lambda nothing is above a bundle; here the repository's own says that .js files are modules.
await writeFile(join(out, 'package.json'), '{"type":"commonjs"}\n');
const api = describeApi().then((document) =>
  writeFile(join(out, 'openapi.json'), `${JSON.stringify(document)}\n`),
);
await writeFile(join(out, 'docs.html'), docsPage());
const wanted = variants();
await api;
await Promise.all([
  ...wanted.map(buildFunctions),
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
await addExtension();
await writeFile(join(out, 'fingerprint'), fingerprint);
await swapIn();
console.log(
  `built ${entryPoints.length} functions in ${wanted.length} forms and ${layers.length} layers` +
    ` in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`,
);
