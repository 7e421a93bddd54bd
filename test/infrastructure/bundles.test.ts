import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import { folders } from '../../functions/manifest.ts';
import { addStacks } from '../../lib/atlas-app.ts';
import { readStage } from '../../lib/stage.ts';
import { resourcesOf } from '../support/templates.ts';

// Outside the repository, whose node_modules would stand in for a layer that is missing.
const build = mkdtempSync(join(tmpdir(), 'atlas-bundles-'));
cpSync(join(import.meta.dirname, '..', '..', '.atlas', 'build'), build, { recursive: true });
afterAll(() => rmSync(build, { recursive: true, force: true }));
const names = Object.values(folders).flatMap((rows) => rows.map((row) => row.name));

/** Where Lambda mounts a layer, plain Node finds it through NODE_PATH. */
const layerPaths = (layers: readonly string[]): string =>
  layers.map((name) => join(build, 'layers', name, 'nodejs', 'node_modules')).join(':');

/** Loads every function's bundle in one plain Node; answers with those without a handler. */
const withoutHandler = (form: string, nodePath: string): unknown => {
  const script = `
    const missing = [];
    for (const name of ${JSON.stringify(names)}) {
      const loaded = require(require('node:path').join(${JSON.stringify(build)}, '${form}', name));
      if (typeof loaded.handler !== 'function') missing.push(name);
    }
    process.stdout.write(JSON.stringify(missing), () => process.exit(0));`;
  const env = { NODE_PATH: nodePath };
  return JSON.parse(
    execFileSync(process.execPath, ['-e', script], { env, stdio: 'pipe' }).toString(),
  );
};

describe('what Lambda is given', () => {
  it('exports a handler for every function of the manifest, bundled', () => {
    expect(withoutHandler('bundled', '')).toEqual([]);
  });

  it('exports them with the tracer of the stages, too', () => {
    expect(withoutHandler('bundled-opentelemetry', '')).toEqual([]);
  });

  it('reads its environment from memory, with what the runtime writes into it, and stays strict', () => {
    const script = `
      require(${JSON.stringify(join(build, 'bundled', 'check-liveness'))});
      process.env._X_AMZN_TRACE_ID = 'Root=1-2-3';
      // What the system keeps would be text.
      process.env.NUMBER = 1;
      const { GIVEN, _X_AMZN_TRACE_ID, NUMBER } = process.env;
      process.stdout.write(JSON.stringify([GIVEN, _X_AMZN_TRACE_ID, NUMBER]), () => process.exit(0));`;
    const env = { GIVEN: 'before' };
    const said = execFileSync(process.execPath, ['-e', script], { env, stdio: 'pipe' }).toString();
    expect(JSON.parse(said)).toEqual(['before', 'Root=1-2-3', 1]);
    const code = readFileSync(join(build, 'bundled', 'check-liveness', 'index.js'), 'utf8');
    expect(code.startsWith('"use strict"')).toBe(true);
  });

  it('carries no tracer where none is chosen', () => {
    const inputsOf = (name: string): string[] =>
      Object.keys(JSON.parse(readFileSync(join(build, `${name}.meta.json`), 'utf8')).inputs);
    const isTracer = (path: string) => /opentelemetry|xray|layers\/tracing/.test(path);
    expect(inputsOf('bundled').filter(isTracer)).toEqual([]);
    expect(inputsOf('published').filter(isTracer)).toEqual([]);
    expect(inputsOf('bundled-opentelemetry').some(isTracer)).toBe(true);
    expect(inputsOf('bundled-opentelemetry').filter((path) => path.includes('xray'))).toEqual([]);
  });

  it('exports a handler for every function of the manifest, over layers', () => {
    const layers = ['domain', 'postgres', 'kafka', 'dynamodb', 'runtime'];
    expect(withoutHandler('published', layerPaths(layers))).toEqual([]);
    expect(() => withoutHandler('published', layerPaths(['domain']))).toThrow('@atlas/');
  });

  it('comes as layers where a stage says so, without a finding of cdk-nag', () => {
    const app = new App();
    addStacks(app, { ...readStage('dev'), code: 'published', tracing: { adapter: 'none' } });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    Validations.of(app).addPlugins(new ServerlessChecks(app));
    const service = app.synth().getStackByName('atlas-dev-service');
    const functions = resourcesOf(Template.fromJSON(service.template), 'AWS::Lambda::Function');
    const poster = functions.find((one) => one.Properties.FunctionName.endsWith('-post-transfer'));
    expect(poster?.Properties.Layers).toHaveLength(4);
    for (const one of functions) expect(one.Properties.Layers.length).toBeLessThanOrEqual(5);
  });
});
