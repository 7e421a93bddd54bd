import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RolePasswords } from '@atlas/postgres';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { profileFolder } from './paths.ts';

/** Passwords and keys of one profile, made at its first start and readable by its owner only. */
export interface LocalSecrets {
  readonly postgres: string;
  readonly passwords: RolePasswords;
  readonly signingKey: string;
  readonly webhookKey: string;
  readonly issuerKey: JWK;
}

export const localSecrets = async (profile: string): Promise<LocalSecrets> => {
  const file = join(profileFolder(profile), 'secrets.json');
  const random = () => randomBytes(24).toString('base64url');
  if (existsSync(file)) {
    const known = JSON.parse(await readFile(file, 'utf8')) as Partial<LocalSecrets>;
    const { passwords, webhookKey } = known;
    if (webhookKey !== undefined && passwords?.audit !== undefined) return known as LocalSecrets;
    // Made before there were webhooks, or the role of the audit.
    const complete = {
      ...known,
      webhookKey: webhookKey ?? random(),
      passwords: { ...passwords, audit: passwords?.audit ?? random() },
    } as LocalSecrets;
    await writeFile(file, JSON.stringify(complete), { mode: 0o600 });
    return complete;
  }
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const secrets: LocalSecrets = {
    postgres: random(),
    passwords: { api: random(), relay: random(), jobs: random(), audit: random() },
    signingKey: random(),
    webhookKey: random(),
    issuerKey: { ...(await exportJWK(privateKey)), kid: random(), alg: 'RS256' },
  };
  await mkdir(profileFolder(profile), { recursive: true });
  await writeFile(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
};
