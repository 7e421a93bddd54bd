/** `make fuzz-api`: requests that are generated from the API description, in their thousands. */
import { Command } from 'commander';
import { type FuzzTarget, startFuzzTarget } from './fuzz-target.ts';
import { runSchemathesis } from './run-schemathesis.ts';

interface Wishes {
  readonly cases: number;
  readonly seed?: number;
  readonly url?: string;
  readonly token?: string;
}

const targetOf = async ({ url, token }: Wishes): Promise<FuzzTarget> => {
  if (url === undefined) return startFuzzTarget();
  if (token === undefined) throw new Error('a URL needs a token with every scope');
  return { url: url.replace(/(\/v1)?\/?$/, ''), token, ids: {}, close: async () => {} };
};

const countsOf = (statuses: ReadonlyMap<number, number>): string =>
  [...statuses]
    .toSorted(([a], [b]) => a - b)
    .map(([status, count]) => `${count} × ${status}`)
    .join(', ');

const run = async (wishes: Wishes): Promise<void> => {
  const target = await targetOf(wishes);
  const seed = wishes.seed ?? Math.floor(Math.random() * 1_000_000_000);
  try {
    const report = await runSchemathesis(target, {
      cases: wishes.cases,
      seed,
      onOutput: (text) => process.stdout.write(text),
    });
    const faults = target.seen?.faults ?? [];
    for (const fault of faults.slice(0, 10)) console.log(`\n${fault}`);
    console.log(
      `\n${report.cases} test cases in ${report.rounds} rounds and ${report.seconds} s, seed ${seed}`,
    );
    if (target.seen !== undefined) {
      console.log(`answers: ${countsOf(target.seen.statuses)}`);
      console.log(`answers that are not as they are described: ${faults.length}`);
    }
    process.exitCode = report.clean && faults.length === 0 ? 0 : 1;
  } finally {
    await target.close();
  }
};

await new Command('fuzz-api')
  .description(
    'Send requests generated from the API description, malformed ones and random walks along its links.\n' +
      'Without --url: to the handlers in process, over parts of their own (start it with with-services).',
  )
  .option('--cases <n>', 'how many requests, at least', Number, 20_000)
  .option('--seed <n>', 'repeat a run', Number)
  .option('--url <url>', 'of a running API')
  .option(
    '--token <jwt>',
    'for the URL: with every scope, of a tenant that may be filled with rubbish',
  )
  .addHelpText('after', '\nExit codes: 0 nothing found, 1 something was.')
  .action(run)
  .parseAsync();
