import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { stringify } from 'yaml';

const textOf = (name: string, value: object | string): string => {
  if (typeof value === 'string') return value;
  return extname(name) === '.json'
    ? JSON.stringify(value, undefined, 2)
    : stringify(value, { lineWidth: 0 });
};

/**
 * Writes the files anew. Containers read them as users of their own, so that a file is for everybody; the
 * folder, through which others on this machine would have to come, is for its owner.
 */
export const writeFiles = async (
  folder: string,
  files: Readonly<Record<string, object | string>>,
): Promise<void> => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, value] of Object.entries(files)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, textOf(name, value));
    await chmod(file, 0o644);
  }
};
