import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface TokenWishes {
  readonly tenant?: string;
  readonly scope?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly expiresInSeconds?: number;
}

export interface TestIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: string;
  token(wishes?: TokenWishes): Promise<string>;
}

/** An issuer with a key pair of its own. */
export const testIssuer = async (): Promise<TestIssuer> => {
  const issuer = 'https://issuer.test';
  const audience = 'atlas';
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const kid = 'test';
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' };
  return {
    issuer,
    audience,
    jwks: JSON.stringify({ keys: [jwk] }),
    token: (wishes = {}) => {
      const nowSeconds = Math.floor(Date.now() / 1_000);
      return new SignJWT({
        tenant: wishes.tenant ?? 'acme',
        scope: wishes.scope ?? 'ledger:read ledger:write webhooks:read webhooks:write',
      })
        .setProtectedHeader({ alg: 'RS256', kid })
        .setSubject('tester')
        .setIssuer(wishes.issuer ?? issuer)
        .setAudience(wishes.audience ?? audience)
        .setIssuedAt(nowSeconds)
        .setExpirationTime(nowSeconds + (wishes.expiresInSeconds ?? 600))
        .sign(privateKey);
    },
  };
};

/** Tokens that nobody may be let in with, by what is wrong with them. */
export const badTokens = async (test: TestIssuer): Promise<Readonly<Record<string, string>>> => {
  const claims = { tenant: 'acme', scope: 'ledger:read ledger:write', iss: test.issuer };
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const forged = await testIssuer();
  const symmetric = new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', kid: 'test' })
    .setAudience(test.audience)
    .setSubject('mallory')
    .setExpirationTime('1h')
    .sign(Buffer.from(test.jwks));
  const good = await test.token();
  const [header = '', , signature = ''] = good.split('.');
  return {
    'not a token': 'garbage',
    'alg none': `${encoded({ alg: 'none' })}.${encoded({ ...claims, aud: test.audience })}.`,
    'signed with the public key as a secret': await symmetric,
    'of another key': await forged.token(),
    'of another issuer': await test.token({ issuer: 'https://elsewhere.test' }),
    'for another audience': await test.token({ audience: 'somebody-else' }),
    expired: await test.token({ expiresInSeconds: -1 }),
    'of no tenant': await test.token({ tenant: '' }),
    'with other claims than were signed': `${header}.${encoded({
      ...claims,
      aud: test.audience,
      exp: Math.floor(Date.now() / 1_000) + 600,
      tenant: 'globex',
    })}.${signature}`,
  };
};
