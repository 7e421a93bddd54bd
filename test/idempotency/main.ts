/** `make idempotency-suite`: what is demanded of an Idempotency-Key, of any API that has a URL. */
import { Command } from 'commander';
import { issueToken } from '../../localstack/issuer.ts';
import { readOutputs } from '../../localstack/outputs.ts';
import { outputsFile } from '../../localstack/paths.ts';
import { localSecrets } from '../../localstack/secrets.ts';
import { Trouble } from '../../localstack/trouble.ts';
import type { Harness } from './conformance-case.ts';
import { conformanceCases } from './conformance-cases.ts';
import { resultTable } from './result-table.ts';
import { runSuite } from './run-suite.ts';
import { openSubjects } from './subjects.ts';

interface Wishes {
  readonly url?: string;
  readonly token?: string;
  readonly otherToken?: string;
}

const scope = 'ledger:read ledger:write';

/** The platform that `make up` started, with tokens of two tenants. */
const localHarness = async (): Promise<Harness> => {
  const { apiUrl } = await readOutputs(outputsFile);
  const { issuerKey } = await localSecrets('local');
  const token = (tenant: string) => issueToken(issuerKey, { tenant, scope, hours: 1 });
  return { url: apiUrl, token: await token('suite-one'), otherToken: await token('suite-two') };
};

const harnessOf = async ({ url, token, otherToken }: Wishes): Promise<Harness> => {
  if (url === undefined) return localHarness();
  if (token === undefined) throw new Trouble('a URL needs a token: TOKEN=… or --token');
  return { url: url.replace(/(\/v1)?\/?$/, ''), token, otherToken };
};

const run = async (wishes: Wishes): Promise<void> => {
  const harness = await harnessOf(wishes);
  const subjects = await openSubjects(harness);
  const results = await runSuite(harness, conformanceCases, subjects, ({ outcome }) => {
    process.stderr.write({ passed: '.', failed: 'F', 'not-applicable': '-' }[outcome.kind]);
  });
  process.stderr.write('\n');
  console.log(resultTable(results, subjects));
  if (results.some(({ outcome }) => outcome.kind === 'failed')) process.exitCode = 1;
};

try {
  await new Command('idempotency-suite')
    .description(
      'Test what is demanded of an Idempotency-Key, of any API that has a URL. It opens accounts and\n' +
        'moves money between them, in the tenants of the tokens: use tenants that are there for tests.',
    )
    .option('--url <url>', 'of the API (default: the platform that make up started)')
    .option('--token <jwt>', 'for the URL, with ledger:read and ledger:write')
    .option(
      '--other-token <jwt>',
      'the same of another tenant; without it a case is not applicable',
    )
    .addHelpText(
      'after',
      '\nCases that break the database or turn the clock are not applicable over a bare URL; the\n' +
        'integration tests run them.\n\nExit codes: 0 nothing failed, 1 something did, 2 wrong usage.',
    )
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .action(run)
    .parseAsync();
} catch (error) {
  console.error(error instanceof Trouble ? error.message : error);
  process.exitCode = 2;
}
