/**
 * Lints the description of the API with Spectral, by its rules for OpenAPI and those of OWASP
 * (tools/spectral/ruleset.yaml). Beside it lies a copy in which something is planted, and which must
 * be found wanting: a linter that finds nothing may not have looked.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeApi } from '../functions/openapi.ts';
import { atlasFolder } from '../localstack/paths.ts';
import { installSpectral } from '../localstack/toolchain/install.ts';

interface Finding {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
  readonly source: string;
}

const spectralFolder = join(import.meta.dirname, 'spectral');
const folder = join(atlasFolder, 'openapi');

/** What must be found in the copy, one thing for each of the two rule sets. */
const planted = { 'operation-description': 1, 'owasp:api8:2023-define-error-responses-401': 1 };

const plantedIn = (document: object): object => {
  const copy = structuredClone(document) as {
    paths: Record<string, Record<string, { description?: string; responses: object }>>;
  };
  const operation = copy.paths['/v1/transfers']?.post;
  if (operation === undefined) throw new Error('the description has no POST /v1/transfers');
  delete operation.description;
  delete (operation.responses as { 401?: unknown })[401];
  return copy;
};

const lint = (files: readonly string[]): readonly Finding[] => {
  const { stdout, stderr } = spawnSync(
    join(spectralFolder, 'node_modules', '.bin', 'spectral'),
    ['lint', ...files, '--ruleset', join(spectralFolder, 'ruleset.yaml'), '--format', 'json'],
    { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
  );
  const [from, to] = [stdout.indexOf('['), stdout.lastIndexOf(']')];
  if (from < 0) throw new Error(`spectral did not run: ${stderr || stdout}`);
  return JSON.parse(stdout.slice(from, to + 1)) as Finding[];
};

await installSpectral(spectralFolder);
mkdirSync(folder, { recursive: true });
const document = await describeApi();
const [real, copy] = [join(folder, 'openapi.json'), join(folder, 'planted.json')];
writeFileSync(real, JSON.stringify(document));
writeFileSync(copy, JSON.stringify(plantedIn(document)));

const findings = lint([real, copy]);
const found = findings.filter(({ source }) => source === real);
for (const { code, message, path } of found) {
  console.error(`${code}: ${message}\n    at ${path.join(' › ')}`);
}
const missed = Object.keys(planted).filter(
  (rule) => !findings.some(({ source, code }) => source === copy && code === rule),
);
for (const rule of missed) console.error(`${rule} did not find what was planted for it`);
if (found.length + missed.length > 0) process.exit(1);
const operations = Object.values(document.paths).flatMap((methods) => Object.keys(methods));
console.log(`description of the API: ${operations.length} operations, nothing found by spectral`);
