import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Decimal, decimalText, isZero, plus, zero } from '../../localstack/import/decimal.ts';
import { hledgerFolder } from '../../localstack/paths.ts';

const program = (): string =>
  spawnSync('hledger', ['--version']).status === 0
    ? 'hledger'
    : join(hledgerFolder, 'usr', 'bin', 'hledger');

const run = (...options: string[]): string =>
  execFileSync(program(), options, {
    encoding: 'utf8',
    maxBuffer: 1024 ** 3,
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });

/** What `make import` is given. */
export const printJson = (journal: string): string => run('-f', journal, 'print', '-O', 'json');

/** As hledger adds it up: "account | commodity" → exact decimal, without what is zero. */
export const hledgerBalances = (journal: string): Map<string, string> => {
  const options = ['balance', '--flat', '--no-elide', '-N', '--infer-equity', '-O', 'json'];
  const text = run('-f', journal, ...options);
  // Mantissas as text: they may have more digits than a number holds.
  const [rows] = JSON.parse(text, (key, value, context?: { source: string }) =>
    key === 'decimalMantissa' ? context?.source : value,
  );
  const sums = new Map<string, Decimal>();
  for (const [account, , , amounts] of rows) {
    // One amount for each price that the commodity was bought at.
    for (const { acommodity, aquantity } of amounts) {
      const key = `${account} | ${acommodity}`;
      const mantissa = BigInt(aquantity.decimalMantissa);
      const quantity = { mantissa, places: aquantity.decimalPlaces };
      sums.set(key, plus(sums.get(key) ?? zero, quantity));
    }
  }
  return new Map(
    [...sums].flatMap(([key, sum]) => (isZero(sum) ? [] : [[key, decimalText(sum)] as const])),
  );
};
