import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { interleaved, median } from './statistics.ts';

export interface ColdImport {
  readonly name: string;
  readonly bundledMs: number;
  readonly bundledBytes: number;
  /** Over layers: the function's own file, without the layers it loads. */
  readonly publishedMs: number;
  readonly publishedBytes: number;
}

const build = join(import.meta.dirname, '..', '..', '.atlas', 'build');
const layers = join(build, 'layers');

const program = `const startedMs = performance.now();
require(process.argv[1]);
process.stdout.write(String(performance.now() - startedMs), () => process.exit(0));`;

/** How long a fresh process takes to load a bundle, without the start of Node itself. */
const importOnce = async (file: string, env: Readonly<Record<string, string>>): Promise<number> => {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program, file], {
    env,
  }).catch((error: unknown) => {
    // Node shows the line that threw, which in a bundle is most of the program.
    const said = (error as { readonly stderr?: string }).stderr?.split('\n') ?? [];
    const short = said.filter((line) => line.length < 300).join('\n');
    throw new Error(`${file} cannot be loaded: ${short}`);
  });
  const ms = Number(stdout);
  if (!(ms > 0)) throw new Error(`${file} did not say how long it took: ${stdout}`);
  return ms;
};

const forms = ['bundled', 'published'] as const;
type Form = (typeof forms)[number];

/**
 * Cold import of every function in both forms, each in fresh processes and interleaved; medians.
 * A function demands its settings when it loads, so `env` must hold them all.
 */
export const coldImports = async (
  names: readonly string[],
  rounds: number,
  env: Readonly<Record<string, string>>,
): Promise<ColdImport[]> => {
  const layerFolders = await readdir(layers);
  const withLayers = {
    ...env,
    NODE_PATH: layerFolders.map((name) => join(layers, name, 'nodejs', 'node_modules')).join(':'),
  };
  const fileOf = (form: Form, name: string) => join(build, form, name, 'index.js');
  const candidates = names.flatMap((name) => forms.map((form) => ({ name, form })));
  const times = new Map(candidates.map(({ name, form }) => [`${form} ${name}`, [] as number[]]));
  for (const { name, form } of interleaved(candidates, rounds)) {
    const ms = await importOnce(fileOf(form, name), form === 'published' ? withLayers : env);
    times.get(`${form} ${name}`)?.push(ms);
  }
  const bytes = async (form: Form, name: string) => (await stat(fileOf(form, name))).size;
  return Promise.all(
    names.map(async (name) => ({
      name,
      bundledMs: median(times.get(`bundled ${name}`) ?? []),
      bundledBytes: await bytes('bundled', name),
      publishedMs: median(times.get(`published ${name}`) ?? []),
      publishedBytes: await bytes('published', name),
    })),
  );
};

/** A function with a tracer built into it, beside the same without. */
export interface TracerImport {
  readonly tracer: string;
  readonly importMs: number;
  readonly bytes: number;
}

const traced = ['none', 'opentelemetry', 'xray'] as const;

/** What each tracer adds to the cold import of a function; interleaved as above. */
export const tracerImports = async (
  name: string,
  rounds: number,
  env: Readonly<Record<string, string>>,
): Promise<TracerImport[]> => {
  const fileOf = (tracer: (typeof traced)[number]) =>
    join(build, tracer === 'none' ? 'bundled' : `bundled-${tracer}`, name, 'index.js');
  const times = new Map(traced.map((tracer) => [tracer, [] as number[]]));
  for (const tracer of interleaved(traced, rounds)) {
    times.get(tracer)?.push(await importOnce(fileOf(tracer), env));
  }
  return Promise.all(
    traced.map(async (tracer) => ({
      tracer,
      importMs: median(times.get(tracer) ?? []),
      bytes: (await stat(fileOf(tracer))).size,
    })),
  );
};

/** Every setting that any function demands, of which none is used while it loads. */
export const settingsOfAll: Readonly<Record<string, string>> = {
  ATLAS_KAFKA_BROKERS: '127.0.0.1:1',
  ATLAS_BALANCES_TABLE: 'balances',
  ATLAS_CHECKPOINTS_TABLE: 'checkpoints',
  ATLAS_IDEMPOTENCY_TABLE: 'idempotency',
  ATLAS_UPLOADS_BUCKET: 'uploads',
  ATLAS_INTAKE_QUEUE_URL: 'http://127.0.0.1:1/intake',
  ATLAS_ANCHORS_BUCKET: 'anchors',
  ATLAS_SIGNING_KEY: 'a key of thirty-two bytes or more',
  ATLAS_WEBHOOK_KEY: 'a key of thirty-two bytes or more',
  ATLAS_SHARD_ADMINS: '[]',
};
