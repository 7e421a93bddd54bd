import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { webhooksConfig } from './config.ts';
import { secretText } from './secret-text.ts';

const webhookKey = secretText('the webhook key', () => {
  const { ATLAS_WEBHOOK_KEY: text, ATLAS_WEBHOOK_KEY_SECRET_ARN: arn } = webhooksConfig();
  return { text, arn };
});

const algorithm = 'aes-256-gcm';
const [keyBytes, nonceBytes, tagBytes] = [32, 12, 16];
/** Names the way of sealing, so that another one can be told from it later. */
const form = '1.';

const derivedKey = async (): Promise<Buffer> =>
  Buffer.from(hkdfSync('sha256', await webhookKey(), '', 'atlas webhook secrets 1', keyBytes));

/**
 * Encrypts a secret for its row (AES-256-GCM, a key derived by HKDF, a random nonce). The tenant is
 * authenticated with it: a row that is copied to another tenant does not open.
 */
export const sealSecret = async (tenant: string, secret: string): Promise<string> => {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, await derivedKey(), nonce);
  cipher.setAAD(Buffer.from(tenant));
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return form + Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url');
};

/** Throws where the row, the tenant or the key is not the one it was sealed with. */
export const openSecret = async (tenant: string, sealed: string): Promise<string> => {
  if (!sealed.startsWith(form)) throw new Error('a secret is sealed in an unknown form');
  const bytes = Buffer.from(sealed.slice(form.length), 'base64url');
  const decipher = createDecipheriv(algorithm, await derivedKey(), bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.from(tenant));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  const opened = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
  return Buffer.concat([opened, decipher.final()]).toString('utf8');
};
