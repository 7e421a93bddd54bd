import { readFileSync } from 'node:fs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import * as z from 'zod';
import { names } from './names.ts';
import { type Stage, shardCount } from './stage.ts';

/** Where functions reach what the AWS-only stacks (offline: the local platform) provide. */
export interface Endpoints {
  readonly shards: string;
  readonly kafkaBrokers: string;
  readonly kafkaAuth: 'none' | 'iam';
  readonly authIssuer: string;
  readonly authAudience: string;
  readonly authJwks: string;
  /** Either the key itself (offline) or the ARN of its secret. */
  readonly signingKey: { readonly value: string } | { readonly secretArn: string };
  /** Seals the secrets of webhook endpoints; given like the signing key. */
  readonly webhookKey: { readonly value: string } | { readonly secretArn: string };
  /** Absent: IAM tokens. */
  readonly passwords?: Readonly<Record<'api' | 'relay' | 'jobs' | 'audit', string>>;
  readonly valkeyUrl?: string;
  readonly awsEndpoint?: string;
  /** Of the local collector; on AWS it stands in the stage. */
  readonly tracesEndpoint?: string;
}

const localEndpoints = z.strictObject({
  shards: z.array(
    z.strictObject({
      id: z.number(),
      host: z.string(),
      port: z.number(),
      database: z.string(),
      tls: z.boolean(),
    }),
  ),
  kafkaBrokers: z.string(),
  auth: z.strictObject({ issuer: z.string(), audience: z.string(), jwks: z.string() }),
  signingKey: z.string(),
  webhookKey: z.string(),
  passwords: z.strictObject({
    api: z.string(),
    relay: z.string(),
    jobs: z.string(),
    audit: z.string(),
  }),
  valkeyUrl: z.string(),
  awsEndpoint: z.string(),
  tracesEndpoint: z.string(),
});

export type LocalEndpoints = z.output<typeof localEndpoints>;

/** What a template that is only looked at, not deployed, points to. */
const nowhere: LocalEndpoints = {
  shards: [0, 1].map((id) => ({
    id,
    host: '127.0.0.1',
    port: 5442 + id,
    database: 'atlas',
    tls: false,
  })),
  kafkaBrokers: '127.0.0.1:9192',
  auth: { issuer: 'https://issuer.local', audience: 'atlas', jwks: '{"keys":[]}' },
  signingKey: 'a stand-in for templates that nobody deploys',
  webhookKey: 'a stand-in for templates that nobody deploys',
  passwords: { api: 'atlas-api', relay: 'atlas-relay', jobs: 'atlas-jobs', audit: 'atlas-audit' },
  valkeyUrl: 'redis://127.0.0.1:6479',
  awsEndpoint: 'http://127.0.0.1:4566',
  tracesEndpoint: 'http://127.0.0.1:4318',
};

/** `file`: the JSON that the local platform writes before it deploys. */
export const readLocalEndpoints = (file: string | undefined): Endpoints => {
  const local =
    file === undefined ? nowhere : localEndpoints.parse(JSON.parse(readFileSync(file, 'utf8')));
  return {
    shards: JSON.stringify(local.shards),
    kafkaBrokers: local.kafkaBrokers,
    kafkaAuth: 'none',
    authIssuer: local.auth.issuer,
    authAudience: local.auth.audience,
    authJwks: local.auth.jwks,
    signingKey: { value: local.signingKey },
    webhookKey: { value: local.webhookKey },
    passwords: local.passwords,
    valkeyUrl: local.valkeyUrl,
    awsEndpoint: local.awsEndpoint,
    tracesEndpoint: local.tracesEndpoint,
  };
};

/** Read from SSM when the stack deploys. */
export const awsEndpoints = (scope: Construct, stage: Stage): Endpoints => {
  const read = (name: string) =>
    StringParameter.valueForStringParameter(scope, names(stage).parameter(name));
  // Read only where they are used: an unread parameter would linger in the template.
  return {
    get shards() {
      const shards = Array.from({ length: shardCount }, (_, id) => {
        const host = read(`shards/${id}/proxy-host`);
        return `{"id":${id},"host":"${host}","port":5432,"database":"atlas","tls":true}`;
      });
      return `[${shards.join(',')}]`;
    },
    get kafkaBrokers() {
      return read('kafka/brokers');
    },
    kafkaAuth: 'iam',
    get authIssuer() {
      return read('auth/issuer');
    },
    get authAudience() {
      return read('auth/audience');
    },
    get authJwks() {
      return `${read('auth/issuer')}/.well-known/jwks.json`;
    },
    get signingKey() {
      return { secretArn: read('signing-key-arn') };
    },
    get webhookKey() {
      return { secretArn: read('webhook-key-arn') };
    },
    get valkeyUrl() {
      return read('valkey-url');
    },
  };
};
