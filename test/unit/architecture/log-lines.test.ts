import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const sources = globSync('{functions,layers/*/src}/**/*.ts', { cwd: root }).map((path) => ({
  path,
  text: readFileSync(join(root, path), 'utf8'),
}));

/** Ways to write to the log past the one logger. */
const pastLogger =
  /\bnew Logger\(|\bconsole\.\w+\(|\bprocess\s*\.\s*(?:stdout|stderr)\b|\bprocess\s*\.\s*emitWarning\b/;
/** The logger itself, and a command that prints the API description. */
const exempt = ['functions/openapi.ts', 'layers/runtime/src/logging/log.ts'];

/** What a fault's message may have put into it: names that the code gives. */
const namesOfOurs = new Set(['this.name', 'this.options.name', 'guard.name', 'shard']);
const toldMessages = /(?:new Fault\(\s*'[\w-]+',|const message =)\s*`([^`]*)`/g;

const strangersIn = (text: string): string[] =>
  (text.includes('new Fault(') ? [...text.matchAll(toldMessages)] : [])
    .flatMap(([, message = '']) => [...message.matchAll(/\$\{([^}]+)\}/g)])
    .map(([, expression = '']) => expression)
    .filter((expression) => !namesOfOurs.has(expression));

describe('log lines', () => {
  it('are written by the one logger, everywhere', () => {
    expect(sources.length).toBeGreaterThan(100);
    const found = sources.filter(({ text }) => pastLogger.test(text)).map(({ path }) => path);
    expect(found.toSorted()).toEqual(exempt);
  });

  it.each([
    "const logger = new Logger({ serviceName: 'x' });",
    'console.error(error);',
    'process.stdout.write(text);',
  ])('that are written past it are noticed: %s', (source) => {
    expect(pastLogger.test(source)).toBe(true);
  });

  it('quote faults, whose messages have only names of ours in them', () => {
    expect(sources.flatMap(({ text }) => [...text.matchAll(toldMessages)]).length).toBeGreaterThan(
      3,
    );
    expect(sources.flatMap(({ text }) => strangersIn(text))).toEqual([]);
    const planted = `new Fault('overloaded', \`no place for \${error.message}\`)`;
    expect(strangersIn(planted)).toEqual(['error.message']);
  });

  it('quote no other errors', () => {
    const quoted = sources.filter(({ text }) => /\[told\] = 'message'/.test(text));
    expect(quoted.map(({ path }) => path).toSorted()).toEqual([
      'layers/domain/src/failures.ts',
      'layers/runtime/src/config.ts',
    ]);
  });
});
