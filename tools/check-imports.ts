/**
 * The only import direction is domain ← postgres, kafka, dynamodb, runtime ← functions; lib imports
 * the manifest and never a handler. `node tools/check-imports.ts [FOLDER]` fails on anything else,
 * and when it saw no module at all: a check that cannot fail is worth nothing.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

interface Rule {
  /** Files whose path begins so … */
  readonly from: string;
  /** … may import workspaces … */
  readonly workspaces: readonly string[];
  /** … and other files of the repository below these. */
  readonly folders: readonly string[];
  /** Packages, where they are limited. */
  readonly packages?: readonly string[];
}

const adapters = ['@atlas/domain'];
const all = [
  '@atlas/domain',
  '@atlas/postgres',
  '@atlas/kafka',
  '@atlas/dynamodb',
  '@atlas/runtime',
];

const rules: readonly Rule[] = [
  {
    from: 'layers/domain/',
    workspaces: [],
    folders: ['layers/domain/'],
    packages: ['node:crypto'],
  },
  { from: 'layers/postgres/', workspaces: adapters, folders: ['layers/postgres/'] },
  { from: 'layers/kafka/', workspaces: adapters, folders: ['layers/kafka/'] },
  { from: 'layers/dynamodb/', workspaces: adapters, folders: ['layers/dynamodb/'] },
  { from: 'layers/runtime/', workspaces: adapters, folders: ['layers/runtime/'] },
  {
    from: 'functions/manifest',
    workspaces: [],
    folders: ['functions/manifest'],
    packages: [],
  },
  { from: 'functions/', workspaces: all, folders: ['functions/'] },
  { from: 'lib/', workspaces: [], folders: ['lib/', 'functions/manifest.ts'] },
  { from: 'bin/', workspaces: [], folders: ['lib/'] },
  {
    from: 'localstack/',
    workspaces: all,
    folders: ['localstack/', 'lib/', 'functions/manifest', 'test/support/services.ts'],
  },
];

const environmentReaders = [
  'layers/runtime/src/config.ts',
  'bin/',
  'localstack/',
  'test/',
  'tools/',
];
const importPattern = /(?:from|import)\s*\(?\s*['"`]([^'"`]+)['"`]/g;

const [, , folder = join(import.meta.dirname, '..')] = process.argv;
const files = globSync('{layers/*/src,functions,lib,bin,localstack}/**/*.ts', { cwd: folder });
const violations: string[] = [];

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;

for (const file of files) {
  const text = readFileSync(join(folder, file), 'utf8');
  const rule = rules.find(({ from }) => file.startsWith(from));
  if (rule === undefined) continue;
  for (const match of text.matchAll(importPattern)) {
    const imported = match[1] ?? '';
    const complain = (why: string) =>
      violations.push(`${file}:${lineOf(text, match.index)} imports ${imported}: ${why}`);
    if (imported.startsWith('.')) {
      const target = relative(folder, join(folder, dirname(file), imported));
      if (!rule.folders.some((allowed) => target.startsWith(allowed))) {
        complain(`${rule.from} may only use ${rule.folders.join(', ') || 'nothing else'}`);
      }
    } else if (imported.startsWith('@atlas/')) {
      if (!rule.workspaces.includes(imported)) complain(`${rule.from} must not depend on it`);
    } else if (rule.packages !== undefined && !rule.packages.includes(imported)) {
      complain(`${rule.from} has no dependencies`);
    }
  }
  const reads = text.indexOf('process.env');
  if (reads !== -1 && !environmentReaders.some((allowed) => file.startsWith(allowed))) {
    violations.push(`${file}:${lineOf(text, reads)} reads process.env outside the configuration`);
  }
}

if (files.length === 0) violations.push(`there is no module below ${folder}`);
for (const violation of violations) console.error(violation);
if (violations.length > 0) process.exit(1);
console.log(`imports: ${files.length} modules point in the right direction`);
