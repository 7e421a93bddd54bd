import { spawnSync } from 'node:child_process';
import { Trouble } from './trouble.ts';

interface Prerequisite {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Finds the version in what the command prints; undefined where any will do. */
  readonly version?: { readonly pattern: RegExp; readonly least: readonly number[] };
  readonly fix: string;
}

const prerequisites: readonly Prerequisite[] = [
  {
    name: 'Python 3.11 or newer',
    command: ['python3', '--version'],
    version: { pattern: /Python (\d+)\.(\d+)/, least: [3, 11] },
    fix: 'apt-get install python3',
  },
  {
    name: "Python's venv module",
    command: ['python3', '-c', 'import ensurepip, venv'],
    fix: 'apt-get install python3-venv',
  },
  {
    name: 'Java 17 or newer',
    command: ['java', '-version'],
    version: { pattern: /version "(\d+)/, least: [17] },
    fix: 'apt-get install openjdk-17-jre-headless',
  },
  { name: 'Maven', command: ['mvn', '-v'], fix: 'apt-get install maven' },
];

const isMissing = ({ command, version }: Prerequisite): boolean => {
  const [program, ...options] = command;
  const { status, stdout, stderr } = spawnSync(program, options, { encoding: 'utf8' });
  if (status !== 0) return true;
  if (version === undefined) return false;
  const found = version.pattern.exec(`${stdout}${stderr}`)?.slice(1).map(Number) ?? [];
  for (const [i, least] of version.least.entries()) {
    const part = found[i] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
};

/** Checks what package registries cannot provide; throws one message with the fix of each. */
export const demandPrerequisites = (): void => {
  const missing = prerequisites.filter(isMissing);
  const [nodeMajor = 0] = process.versions.node.split('.').map(Number);
  const lines = missing.map(({ name, fix }) => `  ${name} is missing: ${fix}`);
  if (nodeMajor < 24) {
    lines.push(`  Node ${process.versions.node} runs this; on this platform install Node 24`);
  }
  if (lines.length > 0) throw new Trouble(`Atlas cannot start here yet:\n${lines.join('\n')}`);
};
