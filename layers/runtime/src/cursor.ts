import { createHmac, timingSafeEqual } from 'node:crypto';
import { signingConfig } from './config.ts';
import { Problem } from './problem.ts';
import { secretText } from './secret-text.ts';

const signingKey = secretText('the signing key', () => {
  const { ATLAS_SIGNING_KEY: text, ATLAS_SIGNING_KEY_SECRET_ARN: arn } = signingConfig();
  return { text, arn };
});

const signature = async (scope: readonly string[], after: string): Promise<string> =>
  createHmac('sha256', await signingKey())
    .update(JSON.stringify([...scope, after]))
    .digest('base64url')
    .slice(0, 22);

/**
 * An opaque, signed place in a list. `scope` names the tenant, the list and its filters: a cursor
 * works nowhere else.
 */
export const signCursor = async (scope: readonly string[], after: string): Promise<string> =>
  `${Buffer.from(after).toString('base64url')}.${await signature(scope, after)}`;

export const readCursor = async (scope: readonly string[], cursor: string): Promise<string> => {
  const [place = '', given = ''] = cursor.split('.');
  const after = Buffer.from(place, 'base64url').toString();
  const expected = Buffer.from(await signature(scope, after));
  const presented = Buffer.from(given);
  if (presented.length !== expected.length || !timingSafeEqual(presented, expected)) {
    throw new Problem(
      'cursor-invalid',
      'Use the cursor of this list, unchanged, with its filters.',
    );
  }
  return after;
};
