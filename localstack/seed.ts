import { createHash } from 'node:crypto';
import { Trouble } from './trouble.ts';

export interface Seeded {
  readonly worldAccountId: string;
  readonly aliceAccountId: string;
  readonly bobAccountId: string;
}

/**
 * Opens a demo tenant's accounts through the API. Its keys are fixed for this installation, so twice
 * changes nothing; an emulator that somebody else runs may remember an earlier one.
 */
export const seed = async (
  apiUrl: string,
  token: string,
  installation: string,
): Promise<Seeded> => {
  const post = async (path: string, body: object): Promise<Record<string, string>> => {
    const key = createHash('sha256')
      .update(installation + path + JSON.stringify(body))
      .digest('hex')
      .slice(0, 32);
    const answer = await fetch(`${apiUrl}${path}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': `seed-${key}`,
      },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.status !== 201) throw new Trouble(`seeding ${path} failed: ${text}`);
    return JSON.parse(text);
  };
  await post('/v1/assets', { code: 'EUR', scale: 2 });
  const open = async (name: string, minBalance: string | null) => {
    const { accountId } = await post('/v1/accounts', { asset: 'EUR', name, minBalance });
    if (accountId === undefined) throw new Trouble('an account came without an id');
    return accountId;
  };
  return {
    worldAccountId: await open('world', null),
    aliceAccountId: await open('alice', '0'),
    bobAccountId: await open('bob', '0'),
  };
};
