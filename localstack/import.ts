/** `make import FILE=journal.json`: loads hledger's JSON or Atlas's JSON Lines through the API. */
import { existsSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { type Connection, connection, connectTo } from './api-connection.ts';
import { readJournal } from './import/read-journal.ts';
import { readJsonLines } from './import/read-json-lines.ts';
import { type ImportReport, runImport } from './import/run-import.ts';
import { interruption } from './interruption.ts';
import { Trouble } from './trouble.ts';

/** One line that is rewritten on a terminal, and one every five seconds elsewhere. */
const progress = () => {
  const startedMs = Date.now();
  let shownMs = 0;
  return (report: ImportReport): void => {
    const everyMs = process.stderr.isTTY ? 200 : 5_000;
    if (Date.now() - shownMs < everyMs) return;
    shownMs = Date.now();
    const done = report.imported + report.already;
    const rate = Math.round((done * 1_000) / Math.max(1, shownMs - startedMs));
    const text = `${done} transfers (${report.already} were there), ${report.refused.length} refused, ${rate}/s`;
    process.stderr.write(process.stderr.isTTY ? `\r${text}\u001b[K` : `${text}\n`);
  };
};

const count = (text: string): number => {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 64) return number;
  throw new InvalidArgumentError('1 to 64');
};

interface Wishes extends Connection {
  readonly concurrency?: number;
}

const run = async (file: string, wishes: Wishes): Promise<void> => {
  if (!existsSync(file)) throw new Trouble(`there is no file ${file}`);
  const isLines = /\.(jsonl|ndjson)$/.test(file);
  const stop = interruption();
  const report = await runImport({
    items: isLines ? readJsonLines(file) : readJournal(file),
    client: await connectTo(wishes),
    // Lines may depend on each other through limits; a journal's accounts have none.
    concurrency: wishes.concurrency ?? (isLines ? 1 : 8),
    signal: stop,
    onProgress: progress(),
  });
  if (process.stderr.isTTY) process.stderr.write('\n');
  for (const { where, reason } of report.refused) console.error(`refused: ${where}: ${reason}`);
  console.log(
    `${report.imported} imported, ${report.already} were there already, ` +
      `${report.empty} move nothing, ${report.refused.length} refused`,
  );
  if (report.interrupted) console.log('stopped; the same command goes on from here');
  if (report.refused.length > 0 || report.interrupted) process.exitCode = 1;
};

try {
  await connection(new Command('import'))
    .description(
      'Load transactions through the API. FILE is what `hledger print -O json` writes, or, named\n' +
        '.jsonl, lines of assets, accounts and what happened to them. A second run changes nothing.',
    )
    .argument('<file>')
    .option('--concurrency <n>', 'transfers at once (default: 8, and 1 for lines)', count)
    .addHelpText('after', '\nExit codes: 0 all done, 1 something was refused, 2 wrong usage.')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .action(run)
    .parseAsync();
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
