import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { pythonBin } from '../../../localstack/paths.ts';

export interface IssuerKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** An issuer whose keys are fetched over TLS, as Cognito's are. */
export interface TestIssuerServer {
  readonly jwksUrl: string;
  /** What makes a client trust it. */
  readonly certificateFile: string;
  newKey(): Promise<IssuerKey>;
  /** From now on these are its keys, and it answers. */
  publish(keys: readonly IssuerKey[]): void;
  /** From now on it answers 503. */
  fail(): void;
  fetched(): number;
  token(key: IssuerKey, tenant: string, subject: string): Promise<string>;
  close(): Promise<void>;
}

/** The Python of the toolchain can sign certificates; Node cannot. */
const certificateProgram = `
import datetime, ipaddress, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'localhost')])
now = datetime.datetime.now(datetime.timezone.utc)
day = datetime.timedelta(days=1)
certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
  .public_key(key.public_key()).serial_number(x509.random_serial_number())
  .not_valid_before(now - day).not_valid_after(now + day)
  .add_extension(x509.SubjectAlternativeName([x509.DNSName('localhost')]), False)
  .add_extension(x509.BasicConstraints(True, None), True)
  .sign(key, hashes.SHA256()))
pem = serialization.Encoding.PEM
with open(sys.argv[1] + '/certificate.pem', 'wb') as out: out.write(certificate.public_bytes(pem))
with open(sys.argv[1] + '/key.pem', 'wb') as out:
  out.write(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
`;

export const startIssuer = async (claims: {
  readonly issuer: string;
  readonly audience: string;
}): Promise<TestIssuerServer> => {
  const folder = await mkdtemp(join(tmpdir(), 'atlas-issuer-'));
  await promisify(execFile)(join(pythonBin, 'python'), ['-c', certificateProgram, folder]);
  const certificateFile = join(folder, 'certificate.pem');
  let published: readonly IssuerKey[] | undefined = [];
  let fetched = 0;
  const [cert, key] = await Promise.all([
    readFile(certificateFile),
    readFile(join(folder, 'key.pem')),
  ]);
  const server = createServer({ cert, key }, (_, response) => {
    fetched += 1;
    if (published === undefined) {
      response.writeHead(503).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ keys: published.map(({ jwk }) => jwk) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    jwksUrl: `https://localhost:${(server.address() as AddressInfo).port}/jwks`,
    certificateFile,
    newKey: async () => {
      const { publicKey, privateKey } = await generateKeyPair('RS256');
      const kid = randomUUID();
      return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256' } };
    },
    publish: (keys) => {
      published = keys;
    },
    fail: () => {
      published = undefined;
    },
    fetched: () => fetched,
    token: ({ kid, privateKey }, tenant, subject) =>
      new SignJWT({ tenant, scope: 'ledger:read' })
        .setProtectedHeader({ alg: 'RS256', kid })
        .setSubject(subject)
        .setIssuer(claims.issuer)
        .setAudience(claims.audience)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
};
