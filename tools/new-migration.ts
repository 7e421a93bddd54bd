/** Starts the next migration: `node tools/new-migration.ts add-holds`. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [, , name = ''] = process.argv;
const folder = join(import.meta.dirname, '..', 'layers', 'postgres', 'migrations');
if (!/^[a-z][a-z0-9-]*$/.test(name)) {
  console.error('name it like this: make migration NAME=add-holds');
  process.exit(2);
}
const last =
  readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .at(-1) ?? '0000';
const number = String(Number(last.slice(0, 4)) + 1).padStart(4, '0');
const file = join(folder, `${number}-${name}.sql`);
writeFileSync(
  file,
  `-- What changes and why; what it locks, in which order, and what was measured.\nSET LOCAL ROLE atlas_owner;\n`,
  { flag: 'wx' },
);
console.log(file);
