import { createHash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** All that bundles are made from; what is installed is as package-lock.json says. */
const inputs = [
  'functions/**',
  'layers/**',
  'lib/**',
  'tools/*.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

/** Of the inputs' names and contents, and of how it is built: where it is the same, so is the build. */
export const buildFingerprint = async (root: string, how: readonly string[]): Promise<string> => {
  const files: string[] = [];
  const options = { cwd: root, withFileTypes: true, exclude: ['**/node_modules'] } as const;
  for await (const entry of glob(inputs, options)) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name));
  }
  const hash = createHash('sha256').update(JSON.stringify([process.version, ...how]));
  for (const file of files.sort()) {
    hash.update(JSON.stringify([file.slice(root.length), await readFile(file, 'base64')]));
  }
  return hash.digest('hex');
};
