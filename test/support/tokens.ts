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
        scope: wishes.scope ?? 'ledger:read ledger:write',
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
