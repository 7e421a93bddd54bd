import { Fault } from '@atlas/domain';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { authConfig } from './config.ts';
import { Problem } from './problem.ts';

export interface Caller {
  readonly tenant: string;
  readonly scopes: ReadonlySet<string>;
  readonly subject: string;
}

/** `none` and the symmetric ones are not here, so a token cannot choose them. */
const algorithms = ['RS256', 'ES256'];
/** Keys are fetched before anything else is done, so this is less than what any budget has left. */
const issuerMs = 1_000;
const maxCachedTokens = 1_000;
const tenantPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const verified = new Map<string, { readonly caller: Caller; readonly expiresUnixMs: number }>();
let keySet: ReturnType<typeof createLocalJWKSet> | undefined;

const keys = () => {
  const { ATLAS_AUTH_JWKS: source } = authConfig();
  keySet ??= source.startsWith('https://')
    ? (createRemoteJWKSet(new URL(source), { timeoutDuration: issuerMs }) as unknown as ReturnType<
        typeof createLocalJWKSet
      >)
    : createLocalJWKSet(JSON.parse(source));
  return keySet;
};

const unauthenticated = (detail: string, cause?: unknown): Problem =>
  new Problem('unauthenticated', detail, { cause });

/** Cognito prefixes scopes with the resource server's name. */
const scopesOf = (claims: JWTPayload): ReadonlySet<string> =>
  new Set(
    (typeof claims.scope === 'string' ? claims.scope : '')
      .split(' ')
      .filter((scope) => scope !== '')
      .map((scope) => (scope.startsWith('atlas/') ? scope.slice('atlas/'.length) : scope)),
  );

/**
 * A machine's token from Cognito cannot carry claims of ours, so its client is allowed exactly one
 * scope `tenant/<name>` (see lib/stacks/identity-stack.ts).
 */
const tenantOfScopes = (scopes: ReadonlySet<string>): string | undefined => {
  const named = [...scopes].filter((scope) => scope.startsWith('tenant/'));
  return named.length === 1 ? named[0]?.slice('tenant/'.length) : undefined;
};

/**
 * Cognito's access tokens name the client in `client_id` and carry no `aud`; there the audience is
 * the list of our clients, separated by commas.
 */
const isForUs = (claims: JWTPayload, audience: string): boolean => {
  const accepted = audience.split(',');
  const presented = claims.aud === undefined ? [claims.client_id] : [claims.aud].flat();
  return presented.some((one) => typeof one === 'string' && accepted.includes(one));
};

/** Whether the keys could not be fetched, of which the token says nothing. */
const isIssuerUnavailable = (error: unknown): boolean =>
  !(error instanceof errors.JOSEError) ||
  error.code === 'ERR_JWKS_TIMEOUT' ||
  // An answer without keys in it; what is wrong with a token has a code of its own.
  error.code === 'ERR_JOSE_GENERIC';

const verify = async (token: string): Promise<{ caller: Caller; expiresUnixMs: number }> => {
  const { ATLAS_AUTH_ISSUER: issuer, ATLAS_AUTH_AUDIENCE: audience } = authConfig();
  const { payload } = await jwtVerify(token, keys(), {
    issuer,
    algorithms,
    requiredClaims: ['exp', 'sub'],
  }).catch((error) => {
    if (isIssuerUnavailable(error)) {
      const message = 'the keys of the issuer cannot be fetched';
      throw new Fault('dependency-unavailable', message, { cause: error });
    }
    throw unauthenticated('The token is not valid here, or no longer.', error);
  });
  if (!isForUs(payload, audience)) throw unauthenticated('The token is for somebody else.');
  const scopes = scopesOf(payload);
  const tenant = payload.tenant ?? tenantOfScopes(scopes);
  if (typeof tenant !== 'string' || !tenantPattern.test(tenant)) {
    throw unauthenticated('The token names no tenant.');
  }
  return {
    caller: { tenant, scopes, subject: payload.sub ?? '' },
    expiresUnixMs: (payload.exp ?? 0) * 1_000,
  };
};

/**
 * Who calls: verifies issuer, audience, expiry, signature and algorithm of the bearer token. A
 * token that was verified is remembered until it expires, which saves 0.1 ms of CPU a request; then
 * the answer is there at once, and no promise is waited for.
 */
export const authenticate = (header: string | undefined): Caller | Promise<Caller> => {
  const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(header ?? '')?.[1];
  if (token === undefined) throw unauthenticated('Send "Authorization: Bearer <token>".');
  const known = verified.get(token);
  if (known !== undefined && known.expiresUnixMs > Date.now()) return known.caller;
  return remember(token);
};

const remember = async (token: string): Promise<Caller> => {
  verified.delete(token);
  const fresh = await verify(token);
  if (verified.size >= maxCachedTokens) {
    const [oldest] = verified.keys();
    if (oldest !== undefined) verified.delete(oldest);
  }
  verified.set(token, fresh);
  return fresh.caller;
};

export const demandScopes = (caller: Caller, scopes: readonly string[]): void => {
  const missing = scopes.filter((scope) => !caller.scopes.has(scope));
  if (missing.length === 0) return;
  throw new Problem('scope-missing', `The token lacks: ${missing.join(', ')}.`, {
    members: { missingScopes: missing },
  });
};
