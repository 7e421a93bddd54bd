import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const rule = /(?:AwsSolutions|Serverless)-\w+|CdkNagValidationFailure/g;
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

const acknowledged = new Set(
  globSync('lib/**/*.ts', { cwd: root }).flatMap((file) => textOf(file).match(rule) ?? []),
);

const page = /docs\/adr\/[\w-]+\.md/.exec(textOf('lib/constructs/acknowledge.ts'))?.[0] ?? '';

describe('what cdk-nag found and somebody accepted', () => {
  it('is explained rule by rule in the decision that every acknowledgement names', () => {
    const rows = textOf(page)
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    const explained = rows.flatMap((row) => row.split('|')[1]?.match(rule) ?? []);
    expect(acknowledged.size).toBeGreaterThan(10);
    expect([...acknowledged].sort()).toEqual([...explained].sort());
  });
});
