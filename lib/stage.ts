import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const share = z.number().min(0).max(1);

/** Where spans go; what is not chosen is in no bundle (docs/adr/0030-tracing.md). */
const tracing = z.discriminatedUnion('adapter', [
  z.strictObject({ adapter: z.literal('none') }),
  z.strictObject({
    adapter: z.literal('opentelemetry'),
    /** Of the requests that nobody traces yet. */
    share,
    /** Takes OTLP over HTTP; absent: on AWS the collector that AWS gives as a layer, offline the local one. */
    collector: z.url().optional(),
  }),
  z.strictObject({ adapter: z.literal('xray'), share }),
]);

/** What differs between stages. Each is a file in lib/stages/, which an operator edits. */
const common = {
  /** In which form functions get the workspaces of layers/: as Lambda layers, or bundled in. */
  code: z.enum(['published', 'bundled']),
  logRetentionDays: z.union([
    z.literal(7),
    z.literal(14),
    z.literal(30),
    z.literal(90),
    z.literal(365),
  ]),
  /** For how long nobody can delete an anchor of the audit chains; compliance: nor the account's root. */
  anchorLock: z.strictObject({
    mode: z.enum(['governance', 'compliance']),
    days: z.number().int().positive(),
  }),
  tracing,
  /** Of the traces, those whose log lines say more. */
  debugShare: share.default(0),
  /** Protects databases and tables from deletion, and keeps them when a stack goes. */
  deletionProtection: z.boolean(),
  /** What each tenant may ask for: requests a second in the long run, and at once. */
  quota: z.strictObject({
    perSecond: z.number().positive(),
    burst: z.number().int().positive(),
  }),
  /** A bulkhead per class of function; absent: the account's pool. */
  reservedConcurrency: z
    .strictObject({
      critical: z.number().int().positive(),
      default: z.number().int().positive(),
      'non-critical': z.number().int().positive(),
    })
    .optional(),
};

const localStage = z.strictObject({
  onAws: z.literal(false),
  ...common,
  /** Receivers on this machine, which no stage on AWS can have. */
  trustedWebhookAddresses: z.array(z.union([z.ipv4(), z.ipv6()])).default([]),
});

/** Log lines of all functions, redacted, in an OpenSearch domain (docs/adr/0031-log-aggregation.md). */
const logAggregation = z.strictObject({
  instanceType: z.string().regex(/^[a-z\d]+\.[a-z\d]+\.search$/),
  /** From two on in two zones. */
  instances: z.number().int().min(1),
  /** Of each instance. */
  volumeGiB: z.number().int().min(10),
  /** How long documents are kept in the domain. */
  retentionDays: z.number().int().positive(),
  /** What the bucket gets: what could not be indexed, or everything. */
  archive: z.enum(['failed', 'all']),
  archiveDays: z.number().int().positive().default(90),
});

export type LogAggregation = z.output<typeof logAggregation>;

const awsStage = z.strictObject({
  onAws: z.literal(true),
  ...common,
  /** Each gets a machine client in Cognito. */
  tenants: z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)).min(1),
  /** Aurora capacity units, per instance. */
  capacity: z.strictObject({ minAcu: z.number().min(0.5), maxAcu: z.number().min(1) }),
  natGateways: z.number().int().min(1),
  /** Who is woken up. */
  alarmEmail: z.email().optional(),
  /** Who gets what can wait for the next working day; absent: who is woken up. */
  ticketEmail: z.email().optional(),
  /** The tiers whose burn rates have alarms of their own, which cost most (docs/adr/0025-service-levels.md). */
  burnRateAlarms: z.array(z.enum(['critical', 'default', 'non-critical'])),
  /** Objectives on the pages of Application Signals, which the account must have enabled before. */
  applicationSignals: z.boolean().default(false),
  /** Absent: log lines stay in CloudWatch, which costs nothing more. */
  logAggregation: logAggregation.optional(),
  /** Account and region; absent: whatever the deployer's credentials say. */
  env: z
    .strictObject({ account: z.string().regex(/^\d{12}$/), region: z.string().min(1) })
    .optional(),
});

/** Whether functions bring AWS's collector with them. */
export const hasCollectorLayer = ({
  onAws,
  tracing: { adapter, ...more },
}: Pick<Stage, 'onAws' | 'tracing'>): boolean =>
  onAws && adapter === 'opentelemetry' && !('collector' in more);

const guarded = z
  .discriminatedUnion('onAws', [localStage, awsStage])
  .refine((stage) => !stage.deletionProtection || !stage.onAws || stage.alarmEmail !== undefined, {
    path: ['alarmEmail'],
    message: 'somebody must hear the alarms of a stage that is protected from deletion',
  })
  .refine((stage) => !(stage.code === 'published' && hasCollectorLayer(stage)), {
    path: ['tracing', 'collector'],
    message: 'a function has five layers at most, which leaves none for a collector',
  });

export type LocalStage = z.output<typeof localStage> & { readonly name: string };
export type AwsStage = z.output<typeof awsStage> & { readonly name: string };
export type Stage = LocalStage | AwsStage;

export const shardCount = 2;

/** Checks a stage's settings; throws with the name of each setting that is missing or wrong. */
export const parseStage = (name: string, settings: unknown): Stage => {
  const result = guarded.safeParse(settings);
  if (result.success) return { name, ...result.data };
  const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`the stage "${name}" is not complete: ${problems.join('; ')}`);
};

export const readStage = (name: string): Stage => {
  if (!/^[a-z][a-z0-9-]{0,15}$/.test(name)) throw new Error(`"${name}" cannot name a stage`);
  const file = join(import.meta.dirname, 'stages', `${name}.json`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new Error(`there is no stage "${name}": write lib/stages/${name}.json`);
  }
  return parseStage(name, JSON.parse(text));
};
