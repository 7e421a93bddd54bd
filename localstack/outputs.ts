import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Trouble } from './trouble.ts';

/** What runs where; written to `.atlas/outputs.json` for people, tools and the end-to-end tests. */
export interface Outputs {
  readonly profile: string;
  readonly apiUrl: string;
  readonly awsEndpoint: string;
  /** As `postgres`, without passwords: those are in the profile's secrets. */
  readonly postgres: readonly {
    readonly name: string;
    readonly host: string;
    readonly port: number;
  }[];
  readonly kafkaBrokers: string;
  readonly valkeyUrl: string;
  /** Where the local collector takes spans, and answers with traces. */
  readonly tracesUrl: string;
  readonly topics: readonly string[];
  readonly tables: { readonly balances: string; readonly checkpoints: string };
  readonly issuer: string;
}

export const writeOutputs = async (file: string, outputs: Outputs): Promise<void> => {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(outputs, null, 2)}\n`);
};

export const readOutputs = async (file: string): Promise<Outputs> => {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Trouble('nothing is running: start it with make up');
  });
  return JSON.parse(text) as Outputs;
};
