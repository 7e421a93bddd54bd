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
  readonly issuerKey: JWK;
}

export const localSecrets = async (profile: string): Promise<LocalSecrets> => {
  const file = join(profileFolder(profile), 'secrets.json');
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8')) as LocalSecrets;
  const random = () => randomBytes(24).toString('base64url');
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const secrets: LocalSecrets = {
    postgres: random(),
    passwords: { api: random(), relay: random(), jobs: random() },
    signingKey: random(),
    issuerKey: { ...(await exportJWK(privateKey)), kid: random(), alg: 'RS256' },
  };
  await mkdir(profileFolder(profile), { recursive: true });
  await writeFile(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
};
