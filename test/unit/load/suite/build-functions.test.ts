import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFunctions, type Form, toolkitFiles } from '../../../load/suite/build-functions.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'atlas-load-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bundleOf = async (form: Form): Promise<string> => {
  const files = await buildFunctions(['post-transfer'], form, join(folder, form));
  return readFileSync(`${files.get('post-transfer')}.js`, 'utf8');
};

/** Something that only one of the toolkit's files says, of each. */
const words = ['settingsOf[', 'new TenantQuotas(', 'requestTimeEpoch'] as const;

describe('the bundles', () => {
  it('have the toolkit, or none of it', async () => {
    const withIt = await bundleOf('with-toolkit');
    const without = await bundleOf('without-toolkit');
    expect(words.filter((word) => withIt.includes(word))).toEqual(words);
    expect(words.filter((word) => without.includes(word))).toEqual([]);
  });

  it('have a stand-in for each file of it', () => {
    const root = join(import.meta.dirname, '..', '..', '..', '..');
    for (const file of toolkitFiles) {
      const standIn = join(root, 'test/load/suite/without-toolkit', basename(file));
      expect([existsSync(join(root, file)), existsSync(standIn)]).toEqual([true, true]);
    }
  });
});
