/** `make export FILE=ledger.jsonl`: a tenant's whole ledger, through the API. */
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { type Connection, connection, connectTo } from './api-connection.ts';
import { hledgerJson } from './export/hledger-json.ts';
import { jsonLines } from './export/json-lines.ts';
import { type ReadProgress, readLedger } from './export/read-ledger.ts';
import { Trouble } from './trouble.ts';

interface Wishes extends Connection {
  readonly format?: 'lines' | 'hledger';
  readonly force?: boolean;
}

const progress = () => {
  let shownMs = 0;
  return ({ accounts, transfers, holds, entriesOf }: ReadProgress): void => {
    const everyMs = process.stderr.isTTY ? 200 : 5_000;
    if (Date.now() - shownMs < everyMs) return;
    shownMs = Date.now();
    const text = `${transfers} transfers, ${holds} holds, entries of ${entriesOf} of ${accounts} accounts`;
    process.stderr.write(process.stderr.isTTY ? `\r${text}\u001b[K` : `${text}\n`);
  };
};

/** Written beside it and renamed at the end, so that a file of that name is always whole. */
const writeWhole = async (file: string, lines: Iterable<string>): Promise<void> => {
  const part = `${file}.part`;
  try {
    const stream = createWriteStream(part);
    for (const line of lines) {
      if (!stream.write(`${line}\n`)) await once(stream, 'drain');
    }
    stream.end();
    await once(stream, 'finish');
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
};

const run = async (file: string, wishes: Wishes): Promise<void> => {
  if (existsSync(file) && wishes.force !== true) {
    throw new Trouble(`${file} is there already; FORCE=1 writes over it`);
  }
  const format = wishes.format ?? (/\.(jsonl|ndjson)$/.test(file) ? 'lines' : 'hledger');
  const history = await readLedger(await connectTo(wishes), progress());
  if (process.stderr.isTTY) process.stderr.write('\n');
  await writeWhole(file, format === 'lines' ? jsonLines(history) : hledgerJson(history));
  const { assets, accounts, operations } = history;
  console.log(
    `${assets.length} assets, ${accounts.length} accounts, ${operations.length} operations in ${file}`,
  );
};

const format = new Option('--format <name>', 'default: lines for .jsonl and .ndjson, else hledger');

try {
  await connection(new Command('export'))
    .description(
      "Write a tenant's ledger to FILE: Atlas's own lines, which `make import` takes into an\n" +
        'empty tenant, or the JSON of `hledger print`, which has no holds.',
    )
    .argument('<file>')
    .addOption(format.choices(['lines', 'hledger']))
    .option('--force', 'write over a file that is there')
    .addHelpText('after', '\nExit codes: 0 done, 2 wrong usage, or nothing was written.')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .action(run)
    .parseAsync();
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
