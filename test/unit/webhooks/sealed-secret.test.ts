import { openSecret, sealSecret } from '@atlas/runtime';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => {
  process.env.ATLAS_WEBHOOK_KEY = 'a key that only tests use, of thirty-two';
});

describe('a sealed secret', () => {
  it('opens to what was sealed, and looks different each time', async () => {
    const [one, other] = [
      await sealSecret('acme', 'whsec_abc'),
      await sealSecret('acme', 'whsec_abc'),
    ];
    expect(await openSecret('acme', one)).toBe('whsec_abc');
    expect(await openSecret('acme', other)).toBe('whsec_abc');
    expect(one).not.toBe(other);
    expect(Buffer.from(one.slice(2), 'base64url').toString('latin1')).not.toContain('whsec');
  });

  it('opens for its tenant only, and not once it was touched', async () => {
    const sealed = await sealSecret('acme', 'whsec_abc');
    await expect(openSecret('mallory', sealed)).rejects.toThrow('authenticate');
    const bytes = Buffer.from(sealed.slice(2), 'base64url');
    for (const place of [0, 12, bytes.length - 1]) {
      const touched = Buffer.from(bytes);
      touched[place] = (touched[place] ?? 0) ^ 1;
      const opening = openSecret('acme', `1.${touched.toString('base64url')}`);
      await expect(opening).rejects.toThrow('authenticate');
    }
    await expect(openSecret('acme', sealed.replace('1.', '2.'))).rejects.toThrow('unknown form');
    await expect(openSecret('acme', '1.')).rejects.toThrow('initialization vector');
  });
});
