/**
 * The only import direction is domain ← postgres, kafka, dynamodb, runtime ← functions; lib imports
 * the manifest and the catalogue of metrics, and never a handler. `node tools/check-imports.ts [FOLDER]` fails on anything else,
 * and where a folder it knows has no module, or none imports anything: a check that cannot fail is
 * worth nothing.
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
  /** No clock, no chance. */
  readonly pure?: true;
}

const adapters = ['@atlas/domain'];
const all = [
  '@atlas/domain',
  '@atlas/postgres',
  '@atlas/kafka',
  '@atlas/dynamodb',
  '@atlas/runtime',
];
/** Chosen by the build, so that a bundle without one carries nothing of it. */
const tracers = ['@atlas/tracing/opentelemetry', '@atlas/tracing/xray'];

const rules: readonly Rule[] = [
  {
    from: 'layers/domain/',
    workspaces: [],
    folders: ['layers/domain/'],
    packages: ['node:crypto'],
    pure: true,
  },
  { from: 'layers/postgres/', workspaces: adapters, folders: ['layers/postgres/'] },
  { from: 'layers/kafka/', workspaces: adapters, folders: ['layers/kafka/'] },
  { from: 'layers/dynamodb/', workspaces: adapters, folders: ['layers/dynamodb/'] },
  { from: 'layers/tracing/', workspaces: adapters, folders: ['layers/tracing/'] },
  { from: 'layers/runtime/', workspaces: adapters, folders: ['layers/runtime/'] },
  {
    from: 'functions/manifest',
    workspaces: [],
    folders: ['functions/manifest'],
    packages: [],
  },
  { from: 'functions/tracing/', workspaces: [...all, ...tracers], folders: [] },
  { from: 'functions/', workspaces: all, folders: ['functions/'] },
  {
    from: 'lib/',
    workspaces: [],
    // Both say what there is, and depend on nothing.
    folders: ['lib/', 'functions/manifest.ts', 'layers/domain/src/metrics/metric-'],
  },
  { from: 'bin/', workspaces: [], folders: ['lib/'] },
  {
    from: 'localstack/',
    workspaces: [...all, ...tracers],
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
const importPattern = /(?:from|import|require)\s*\(?\s*['"`]([^'"`]+)['"`]/g;
const environmentPattern = /\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\s*\[|\bnode:process\b/g;
/** Time, ids and randomness reach the domain as arguments. */
const impurePattern =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\brandom(?:Bytes|UUID|Int)\b|\bperformance\.now\b/g;

const [, , folder = join(import.meta.dirname, '..')] = process.argv;
const files = globSync('{layers/*/src,functions,lib,bin,localstack}/**/*.{ts,mts,cts,js,mjs,cjs}', {
  cwd: folder,
});
const violations: string[] = [];
let imports = 0;

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;

for (const file of files) {
  const text = readFileSync(join(folder, file), 'utf8');
  const rule = rules.find(({ from }) => file.startsWith(from));
  if (rule === undefined) {
    violations.push(`${file}:1 has no rule that says what it may import`);
    continue;
  }
  for (const match of text.matchAll(importPattern)) {
    imports += 1;
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
  const forbid = (pattern: RegExp, why: string) => {
    for (const { index } of text.matchAll(pattern)) {
      violations.push(`${file}:${lineOf(text, index)} ${why}`);
    }
  };
  if (!environmentReaders.some((allowed) => file.startsWith(allowed))) {
    forbid(environmentPattern, 'reads process.env outside the configuration');
  }
  if (rule.pure === true) forbid(impurePattern, 'must get time and randomness as arguments');
}

for (const { from } of rules) {
  if (!files.some((file) => file.startsWith(from)))
    violations.push(`there is no module in ${from}`);
}
if (imports === 0) violations.push(`no module below ${folder} imports anything`);
for (const violation of violations) console.error(violation);
if (violations.length > 0) process.exit(1);
console.log(`imports: ${imports} in ${files.length} modules point in the right direction`);
