import { importJWK, type JWK, SignJWT } from 'jose';

export const localIssuer = 'https://issuer.local';
export const localAudience = 'atlas';

export interface TokenWishes {
  readonly tenant: string;
  /** Separated by blanks. */
  readonly scope: string;
  readonly hours: number;
}

/** A token as Cognito would issue it, signed with the profile's own key. */
export const issueToken = async (key: JWK, wishes: TokenWishes): Promise<string> =>
  new SignJWT({ tenant: wishes.tenant, scope: wishes.scope })
    .setProtectedHeader({ alg: 'RS256', ...(key.kid === undefined ? {} : { kid: key.kid }) })
    .setSubject('local')
    .setIssuer(localIssuer)
    .setAudience(localAudience)
    .setIssuedAt()
    .setExpirationTime(`${wishes.hours}h`)
    .sign(await importJWK(key, 'RS256'));

/** What verifiers need: the public half. */
export const jwksOf = ({ kty, n, e, kid }: JWK): string =>
  JSON.stringify({ keys: [{ kty, n, e, kid, alg: 'RS256', use: 'sig' }] });
