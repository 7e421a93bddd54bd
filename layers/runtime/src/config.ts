import { told } from '@atlas/domain';
import * as z from 'zod';

/**
 * The one place that reads `process.env`. Settings come in sections, each parsed once, at first
 * use; a function demands its sections when it starts, so that a missing setting stops it there,
 * by name.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  /** Names of settings, and what they must be; never their values. */
  readonly [told] = 'message';
}

const section = <Schema extends z.ZodType>(schema: Schema): (() => z.output<Schema>) => {
  let parsed: z.output<Schema> | undefined;
  const read = (): z.output<Schema> => {
    if (parsed !== undefined) return parsed;
    const result = schema.safeParse(process.env);
    if (!result.success) {
      const problems = result.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`);
      throw new ConfigurationError(`the environment is incomplete: ${problems.join('; ')}`);
    }
    parsed = result.data;
    return parsed;
  };
  return read;
};

const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

export const stageConfig = section(
  z.object({
    ATLAS_STAGE: z.string().min(1).default('local'),
    AWS_REGION: z.string().default('us-east-1'),
    POWERTOOLS_SERVICE_NAME: z.string().default('atlas'),
    POWERTOOLS_METRICS_NAMESPACE: z.string().default('Atlas'),
  }),
);

/** What Lambda itself sets. */
export const lambdaConfig = section(
  z.object({ AWS_LAMBDA_RUNTIME_API: z.string().min(1).optional() }),
);

export const tracingConfig = section(
  z.object({
    /** Where a collector takes OTLP over HTTP; the usual port is that of AWS's collector layer, too. */
    ATLAS_TRACES_ENDPOINT: z.url().default('http://127.0.0.1:4318'),
    /** Of the traces that begin here, how many are kept. */
    ATLAS_TRACES_SHARE: z.coerce.number().min(0).max(1).default(1),
  }),
);

export const logsConfig = section(
  z.object({
    /** Of all traces, those whose log lines say more. */
    ATLAS_DEBUG_SHARE: z.coerce.number().min(0).max(1).default(0),
  }),
);

export const postgresConfig = section(
  z.object({
    ATLAS_SHARDS: json(
      z
        .array(
          z.object({
            id: z.number().int().min(0),
            host: z.string().min(1),
            port: z.number().int(),
            database: z.string().min(1),
            tls: z.boolean(),
          }),
        )
        .min(1),
    ),
    ATLAS_POSTGRES_USER: z.string().min(1),
    /** Absent: a token signed with the function's role. */
    ATLAS_POSTGRES_PASSWORD: z.string().min(1).optional(),
    ATLAS_POSTGRES_NAMED_STATEMENTS: flag.default(true),
  }),
);

export const kafkaConfig = section(
  z.object({
    ATLAS_KAFKA_BROKERS: z
      .string()
      .min(1)
      .transform((text) => text.split(',')),
    ATLAS_KAFKA_AUTH: z.enum(['none', 'iam']).default('none'),
  }),
);

export const balancesConfig = section(
  z.object({ ATLAS_BALANCES_TABLE: z.string().min(1), ATLAS_CHECKPOINTS_TABLE: z.string().min(1) }),
);

export const breakersConfig = section(
  z.object({
    /** Absent: breakers are not shared. */
    ATLAS_BREAKERS_TABLE: z.string().min(1).optional(),
  }),
);

export const metricsConfig = section(
  z
    .object({
      /** Absent: what a process counts stays with it. */
      ATLAS_METRICS_TABLE: z.string().min(1).optional(),
      /** Whether CloudWatch is an emulator's, which reads no metrics from logs. */
      ATLAS_METRICS_EMULATED: flag.default(false),
      AWS_LAMBDA_FUNCTION_NAME: z.string().min(1).default('local'),
    })
    .transform((c) => ({
      table: c.ATLAS_METRICS_TABLE,
      emulated: c.ATLAS_METRICS_EMULATED,
      source: c.AWS_LAMBDA_FUNCTION_NAME,
    })),
);

export const quotasConfig = section(
  z
    .object({
      /** Absent: tenants have no quota. */
      ATLAS_QUOTAS_TABLE: z.string().min(1).optional(),
      ATLAS_QUOTA_PER_SECOND: z.coerce.number().positive().default(200),
      ATLAS_QUOTA_BURST: z.coerce.number().int().positive().default(400),
    })
    .transform((c) => ({
      table: c.ATLAS_QUOTAS_TABLE,
      rate: { perSecond: c.ATLAS_QUOTA_PER_SECOND, burst: c.ATLAS_QUOTA_BURST },
    })),
);

export const idempotencyConfig = section(z.object({ ATLAS_IDEMPOTENCY_TABLE: z.string().min(1) }));

export const uploadsConfig = section(z.object({ ATLAS_UPLOADS_BUCKET: z.string().min(1) }));

export const auditConfig = section(z.object({ ATLAS_ANCHORS_BUCKET: z.string().min(1) }));
export const intakeConfig = section(z.object({ ATLAS_INTAKE_QUEUE_URL: z.url() }));

export const valkeyConfig = section(z.object({ ATLAS_VALKEY_URL: z.url().optional() }));

export const awsConfig = section(
  z.object({ AWS_ENDPOINT_URL: z.url().optional(), AWS_REGION: z.string().default('us-east-1') }),
);

export const authConfig = section(
  z.object({
    ATLAS_AUTH_ISSUER: z.string().min(1),
    ATLAS_AUTH_AUDIENCE: z.string().min(1),
    /** A JWKS document, or the https address of one. */
    ATLAS_AUTH_JWKS: z.string().min(1),
  }),
);

export const signingConfig = section(
  z
    .object({
      ATLAS_SIGNING_KEY: z.string().min(32).optional(),
      ATLAS_SIGNING_KEY_SECRET_ARN: z.string().min(1).optional(),
    })
    .refine((c) => c.ATLAS_SIGNING_KEY ?? c.ATLAS_SIGNING_KEY_SECRET_ARN, {
      path: ['ATLAS_SIGNING_KEY'],
      message: 'either this or ATLAS_SIGNING_KEY_SECRET_ARN is needed',
    }),
);

export const webhooksConfig = section(
  z
    .object({
      /** Seals the secrets of endpoints. */
      ATLAS_WEBHOOK_KEY: z.string().min(32).optional(),
      ATLAS_WEBHOOK_KEY_SECRET_ARN: z.string().min(1).optional(),
      /** Addresses to which webhooks are sent although they are not public, and without TLS. */
      ATLAS_WEBHOOK_TRUSTED_ADDRESSES: z
        .string()
        .default('')
        .transform((text) => text.split(',').filter((address) => address !== '')),
    })
    .refine((c) => c.ATLAS_WEBHOOK_KEY ?? c.ATLAS_WEBHOOK_KEY_SECRET_ARN, {
      path: ['ATLAS_WEBHOOK_KEY'],
      message: 'either this or ATLAS_WEBHOOK_KEY_SECRET_ARN is needed',
    }),
);

export const logStreamConfig = section(
  z.object({
    /** The stream that log lines go through. */
    ATLAS_LOGS_STREAM: z.string().min(1),
  }),
);

export const searchConfig = section(
  z.object({
    ATLAS_SEARCH_URL: z.url(),
    /** Of the domain's master user. */
    ATLAS_SEARCH_SECRET_ARN: z.string().min(1),
    ATLAS_SEARCH_WRITER_ROLE_ARN: z.string().min(1),
    ATLAS_SEARCH_RETENTION_DAYS: z.coerce.number().int().positive(),
  }),
);

export const webhookWorkerConfig = section(
  z.object({
    /** The function that is called when there is something to deliver; absent: the sweep does. */
    ATLAS_WEBHOOK_WORKER: z.string().min(1).optional(),
  }),
);

const shardAdmin = z.object({
  id: z.number().int().min(0),
  host: z.string().min(1),
  port: z.number().int(),
  database: z.string().min(1),
  secretArn: z.string().min(1),
});

export type ShardAdmin = z.output<typeof shardAdmin>;

/** The writers themselves, not their proxies, and the secrets of their master users. */
export const migrationConfig = section(
  z
    .object({ ATLAS_SHARD_ADMINS: json(z.array(shardAdmin).min(1)) })
    .transform((c) => ({ shards: c.ATLAS_SHARD_ADMINS })),
);

/** Parses the sections at once where the process is a function, so that it fails at its start. */
export const demandAtStart = (...needed: readonly (() => unknown)[]): void => {
  if (process.env.AWS_LAMBDA_FUNCTION_NAME === undefined) return;
  for (const read of needed) read();
};
