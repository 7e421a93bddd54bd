import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Architecture,
  Code,
  type ILayerVersion,
  LayerVersion,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Stage } from '../stage.ts';

/** Where the build of a form is that has the stage's tracer in it. */
const builtAs = ({ code, tracing: { adapter } }: Stage): string =>
  adapter === 'none' ? code : `${code}-${adapter}`;

const buildFolder = join(import.meta.dirname, '..', '..', '.atlas', 'build');

interface Metafile {
  readonly outputs: Readonly<
    Record<string, { readonly imports: readonly { readonly path: string }[] }>
  >;
}

/** What each workspace needs of the others: a layer is of no use without them. */
const needs: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  postgres: ['domain'],
  kafka: ['domain'],
  dynamodb: ['domain'],
  runtime: ['domain'],
};

/** Has Lambda tell an execution environment before it ends; of no use to the emulators. */
const extension = 'shutdown-extension';

/**
 * The code of functions, in the stage's form. Published: one Lambda layer a workspace, attached to
 * the functions whose bundle imports it; the extension is in that of the runtime, since a function may have
 * five. Bundled: everything in the function, which emulators need and which imports faster
 * (docs/adr/0009-plain-bundles-on-aws.md); on AWS the extension is the one layer beside it.
 */
export class SharedLayers extends Construct {
  private readonly layers = new Map<string, LayerVersion>();
  private readonly metafile: Metafile | undefined;
  private readonly stage: Stage;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    this.stage = stage;
    if (stage.code === 'bundled') {
      if (stage.onAws) this.addLayer(extension);
      return;
    }
    const metafile = join(buildFolder, `${builtAs(stage)}.meta.json`);
    if (!existsSync(metafile)) throw new Error(missing(builtAs(stage), stage));
    this.metafile = JSON.parse(readFileSync(metafile, 'utf8')) as Metafile;
    for (const name of Object.keys(needs)) this.addLayer(name);
  }

  private addLayer(name: string): void {
    const folder = join(buildFolder, 'layers', name);
    if (!existsSync(folder)) throw new Error(missing(name, this.stage));
    const layer = new LayerVersion(this, name, {
      code: Code.fromAsset(folder),
      description: `@atlas/${name}`,
      compatibleRuntimes: [Runtime.NODEJS_24_X],
      compatibleArchitectures: [Architecture.ARM_64],
    });
    this.layers.set(name, layer);
  }

  /** The code of a function and the layers it imports. */
  codeOf(name: string): { readonly code: Code; readonly layers: ILayerVersion[] } {
    const folder = join(buildFolder, builtAs(this.stage), name);
    if (!existsSync(join(folder, 'index.js'))) throw new Error(missing(name, this.stage));
    const output = Object.entries(this.metafile?.outputs ?? {}).find(([path]) =>
      path.endsWith(`/${name}/index.js`),
    );
    const wanted = new Set<string>([extension]);
    for (const { path } of output?.[1].imports ?? []) {
      if (!path.startsWith('@atlas/')) continue;
      const workspace = path.slice('@atlas/'.length);
      for (const one of [workspace, ...(needs[workspace] ?? [])]) wanted.add(one);
    }
    const layers = [...wanted].sort().flatMap((one) => this.layers.get(one) ?? []);
    return { code: Code.fromAsset(folder), layers };
  }
}

const missing = (what: string, { tracing: { adapter } }: Stage): string =>
  `.atlas/build has no ${what} with the tracer ${adapter}: run "node tools/build-bundles.ts" first`;
