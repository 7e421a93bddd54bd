import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { EndpointName } from '../../../functions/manifest.ts';
import { bundleOptions } from '../../../tools/bundle-options.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const standIns = join(import.meta.dirname, 'without-toolkit');

/** What is left out without the toolkit: each file has a stand-in of its name that lets everything through. */
export const toolkitFiles = [
  'functions/services/guards.ts',
  'functions/services/quotas.ts',
  'layers/runtime/src/load-shedding.ts',
] as const;

const fileNameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Puts the stand-ins in the place of the toolkit. They may import what they stand for. */
const withoutToolkit: Plugin = {
  name: 'without-toolkit',
  setup(bundler) {
    bundler.onResolve({ filter: /\.ts$/ }, ({ path, resolveDir }) => {
      if (resolveDir === standIns) return undefined;
      const file = join(resolveDir, path);
      const isOfToolkit = toolkitFiles.some((one) => join(root, one) === file);
      return isOfToolkit ? { path: join(standIns, fileNameOf(file)) } : undefined;
    });
  },
};

export type Form = 'with-toolkit' | 'without-toolkit';

/**
 * Bundles functions as they are deployed, in the second form without guards, quotas and shedding, which
 * exists nowhere else, into the folder. Answers with the file of each.
 */
export const buildFunctions = async (
  names: readonly EndpointName[],
  form: Form,
  folder: string,
): Promise<ReadonlyMap<EndpointName, string>> => {
  await mkdir(folder, { recursive: true });
  // The repository's own says that .js files are modules.
  await writeFile(join(folder, 'package.json'), '{"type":"commonjs"}\n');
  await build({
    ...bundleOptions,
    entryPoints: names.map((name) => ({
      in: join(root, 'functions', 'api', `${name}.ts`),
      out: `${name}/index`,
    })),
    outdir: folder,
    plugins: form === 'without-toolkit' ? [withoutToolkit] : [],
  });
  return new Map(names.map((name) => [name, join(folder, name, 'index')]));
};
