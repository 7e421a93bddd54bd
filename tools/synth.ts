/**
 * Synthesises every stage without credentials into .atlas/cdk.out/<stage>, and checks the result:
 * cdk-nag runs while synthesising and fails it on an unacknowledged finding; cfn-lint then reads
 * every template. The functions must have been built.
 */
import { spawn } from 'node:child_process';
import { globSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pythonBin, root } from '../localstack/paths.ts';
import { installPython } from '../localstack/toolchain/install.ts';

const stages = readdirSync(join(root, 'lib', 'stages')).map((file) => basename(file, '.json'));

/** CDK itself writes dependencies that a reference implies already. */
const ignored = ['W3005'];

const run = (program: string, options: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, options, { cwd: root });
    const output: Buffer[] = [];
    child.stdout.on('data', (data) => output.push(data));
    child.stderr.on('data', (data) => output.push(data));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve(code === 0 ? undefined : Buffer.concat(output).toString().trim()),
    );
  });

const check = async (stage: string): Promise<boolean> => {
  const startedMs = performance.now();
  const out = join(root, '.atlas', 'cdk.out', stage);
  const synthesis = await run('cdk', ['synth', '--quiet', '-c', `stage=${stage}`, '-o', out]);
  const templates = synthesis === undefined ? globSync('*.template.json', { cwd: out }) : [];
  const complaint =
    synthesis ??
    (templates.length === 0
      ? 'the stage has no template'
      : await run(join(pythonBin, 'cfn-lint'), [
          '--ignore-checks',
          ...ignored,
          '--',
          ...templates.map((template) => join(out, template)),
        ]));
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  if (complaint === undefined) {
    console.log(`${stage}: ${templates.length} templates, no finding, ${seconds} s`);
  } else {
    console.error(`${stage}: failed after ${seconds} s\n${complaint}`);
  }
  return complaint === undefined;
};

await installPython();
const results = await Promise.all(stages.map(check));
if (results.includes(false)) process.exitCode = 1;
