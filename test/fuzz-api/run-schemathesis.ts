import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { atlasFolder, schemathesisFolder } from '../../localstack/paths.ts';
import { installSchemathesis } from '../../localstack/toolchain/install.ts';
import type { FuzzTarget } from './fuzz-target.ts';

const workFolder = join(atlasFolder, 'schemathesis');

export interface FuzzWishes {
  /** How many requests there are to be, at least. */
  readonly cases: number;
  readonly seed: number;
  readonly onOutput: (text: string) => void;
}

export interface FuzzReport {
  readonly cases: number;
  readonly seed: number;
  readonly rounds: number;
  readonly seconds: number;
  /** Whether every round found nothing. */
  readonly clean: boolean;
  readonly output: string;
}

/**
 * The first round goes through every phase. Its edges of the schemas are always the same, some two
 * thousand requests; the rounds after it are random.
 */
const phasesOf = (round: number): string =>
  round === 0 ? 'examples,coverage,fuzzing,stateful' : 'fuzzing,stateful';

/** Of each operation, in each random phase. */
const examplesOf = (wanted: number): number => Math.max(5, Math.min(200, Math.ceil(wanted / 40)));

const round = (
  { url, token, ids }: FuzzTarget,
  { phases, examples, seed }: { phases: string; examples: number; seed: number },
  onOutput: (text: string) => void,
): Promise<{ readonly code: number; readonly output: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      join(schemathesisFolder, 'bin', 'schemathesis'),
      [
        ...['--config-file', join(import.meta.dirname, 'schemathesis.toml')],
        ...['run', `${url}/v1/openapi.json`, '--no-color', '--url', url],
        ...['--phases', phases, '--seed', String(seed), '--max-examples', String(examples)],
        ...['--request-timeout', '30', '--warnings', 'off'],
      ],
      {
        env: {
          ...process.env,
          PYTHONPATH: import.meta.dirname,
          PYTHONDONTWRITEBYTECODE: '1',
          SCHEMATHESIS_HOOKS: 'hooks',
          ATLAS_FUZZ_TOKEN: token,
          ATLAS_FUZZ_IDS: JSON.stringify(ids),
          ATLAS_FUZZ_SEED: String(seed),
        },
        // Where it keeps what it found, for its own `st replay`.
        cwd: workFolder,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        output.push(data.toString());
        onOutput(data.toString());
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output: output.join('') }));
  });

/** "1234 generated" of the summary: what it counts as test cases. */
const generatedIn = (output: string): number =>
  Number(/Test cases:\s+(\d+) generated/.exec(output)?.[1] ?? '0');

/**
 * Runs Schemathesis against an API until it has sent as many requests as are wished, in rounds with
 * seeds that follow each other: examples, coverage of the schemas' edges, random requests, and random
 * walks along the links.
 */
export const runSchemathesis = async (
  target: FuzzTarget,
  { cases, seed, onOutput }: FuzzWishes,
): Promise<FuzzReport> => {
  await installSchemathesis();
  await mkdir(workFolder, { recursive: true });
  const startedMs = performance.now();
  let done = 0;
  let rounds = 0;
  let clean = true;
  let output = '';
  while (done < cases && clean) {
    const phases = phasesOf(rounds);
    const examples = rounds === 0 ? 5 : examplesOf(cases - done);
    const made = await round(target, { phases, examples, seed: seed + rounds }, onOutput);
    rounds += 1;
    output += made.output;
    const generated = generatedIn(made.output);
    done += generated;
    clean = made.code === 0 && generated > 0;
  }
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  return { cases: done, seed, rounds, seconds, clean, output };
};
