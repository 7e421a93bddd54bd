import type { IntakeReference } from '@atlas/domain';
import {
  type PostgresIntakes,
  type PostgresLedger,
  postgresIntakes,
  postgresLedger,
} from '@atlas/postgres';
import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { drainQueue, lambdaContext, sqsOf } from '../../support/intake-messages.ts';
import { acceptedValue, call, openAccount, request, transferOf } from '../../support/ledger.ts';
import { mutateDatabase } from '../../support/mutate-database.ts';
import { testServices } from '../../support/services.ts';

const tenants = ['acme', 'globex'] as const;
let database: TestDatabase;
let ledger: PostgresLedger;
let intakes: PostgresIntakes;
let queue: SQSClient;
let queueUrl: string;
const accounts = new Map<string, { readonly world: string; readonly alice: string }>();

beforeAll(async () => {
  database = await testDatabase();
  const { awsEndpoint } = testServices();
  queue = sqsOf(awsEndpoint);
  const QueueName = `resend-${process.pid}-${Date.now()}`;
  queueUrl = (await queue.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
  ledger = postgresLedger({ shards: database.api, namedStatements: true });
  intakes = postgresIntakes({ shards: database.api, namedStatements: true });
  for (const tenant of tenants) {
    await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
    const [world, alice] = [await openAccount(ledger, tenant), await openAccount(ledger, tenant)];
    accounts.set(tenant, { world, alice });
  }
  // The job signs in as a role of its own, so its settings are this whole file's.
  const [jobs] = database.jobs;
  Object.assign(process.env, {
    ATLAS_SHARDS: JSON.stringify(
      database.jobs.map(({ user: _user, password: _password, ...shard }) => shard),
    ),
    ATLAS_POSTGRES_USER: jobs?.user,
    ATLAS_POSTGRES_PASSWORD: String(jobs?.password),
    ATLAS_INTAKE_QUEUE_URL: queueUrl,
    AWS_ENDPOINT_URL: awsEndpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
  });
});
afterAll(async () => {
  const { intakeSweep } = await import('../../../functions/services/intake-sweep.ts');
  await Promise.all([ledger.close(), intakes.close(), intakeSweep().close()]);
  queue.destroy();
  await database.drop();
});
beforeEach(async () => {
  await drainQueue(queue, queueUrl);
  await onBoth(`UPDATE ledger.intake SET status = 'r', refusal = '{}' WHERE status = 'a'`);
});

const onBoth = async (sql: string): Promise<void> => {
  for (const { id } of database.api) {
    const admin = await database.admin(id);
    await admin.query(sql);
    await admin.end();
  }
};

/** Accepted, and nobody was told: its process died between the commit and the message. */
const untold = async (): Promise<IntakeReference[]> => {
  const made: IntakeReference[] = [];
  for (const [tenant, { world, alice }] of accounts) {
    for (let i = 0; i < 13; i += 1) {
      const command = transferOf([world, alice, 1n]);
      const { intakeId } = acceptedValue(await intakes.accept(request(tenant), command, call()));
      made.push({ tenant, intakeId });
    }
  }
  return made;
};

/** Puts everything that waits so far into the past, and leaves the rest to the job. */
const pass = (interval: string) =>
  onBoth(
    `UPDATE ledger.intake SET accepted_at = accepted_at - interval '${interval}',
            resend_at = resend_at - interval '${interval}' WHERE status = 'a'`,
  );

const sweep = async () => {
  const { handler } = await import('../../../functions/jobs/resend-intakes.ts');
  return handler({}, lambdaContext('resend-intakes'));
};

const told = async (): Promise<IntakeReference[]> =>
  (await drainQueue(queue, queueUrl)).map(({ Body = '' }) => JSON.parse(Body));

const sorted = (some: readonly IntakeReference[]) =>
  some.toSorted((a, b) => a.intakeId.localeCompare(b.intakeId));

describe('the sweep', () => {
  it('announces what nobody announced, of every tenant and shard, and once it is posted no more', async () => {
    const made = await untold();
    expect(await sweep()).toMatchObject({ resent: 0, waiting: 26 });
    await pass('2 minutes');

    expect(await sweep()).toMatchObject({ resent: 26, waiting: 26, failing: 0 });

    const found = await told();
    expect(sorted(found)).toEqual(sorted(made));
    await intakes.post(found, call());
    for (const [tenant, { alice }] of accounts) {
      expect(await ledger.readBalance(tenant, alice, call())).toMatchObject({ balanceMinor: 13n });
    }
    await pass('2 hours');
    expect(await sweep()).toEqual({ resent: 0, waiting: 0, failing: 0, oldestAgeMs: 0 });
    expect(await told()).toEqual([]);
  });

  it('waits as long again as it has waited, up to an hour', async () => {
    await untold();
    await pass('10 minutes');
    expect(await sweep()).toMatchObject({ resent: 26 });
    await pass('9 minutes');
    expect(await sweep()).toMatchObject({
      resent: 0,
      oldestAgeMs: expect.closeTo(19 * 60_000, -4),
    });
    await pass('2 minutes');
    expect(await sweep()).toMatchObject({ resent: 26 });
    await pass('3 days');
    expect(await sweep()).toMatchObject({ resent: 26 });
    await pass('59 minutes');
    expect(await sweep()).toMatchObject({ resent: 0 });
    await pass('2 minutes');
    expect(await sweep()).toMatchObject({ resent: 26 });
  });

  it('passes over what is being posted, and does not send it again and again meanwhile', async () => {
    const [one] = await untold();
    if (one === undefined) throw new Error('nothing was accepted');
    await pass('2 minutes');
    const holder = await database.admin(Number.parseInt(one.intakeId.slice(15, 17), 16) >> 7);
    await holder.query('BEGIN');
    await holder.query('SELECT FROM ledger.intake WHERE intake_id = $1 FOR UPDATE', [one.intakeId]);
    expect(await sweep()).toMatchObject({ resent: 26 });
    await holder.query('ROLLBACK');
    await holder.end();
    expect(await told()).toHaveLength(26);
    expect(await sweep()).toMatchObject({ resent: 1 });
    expect(await told()).toEqual([one]);
  });
});

/** How many of 26 are announced: when they are due, at once again, after three days, and an hour later. */
const announced = async (): Promise<readonly number[]> => {
  await untold();
  const counts: number[] = [];
  for (const interval of ['2 minutes', '0 minutes', '3 days', '61 minutes']) {
    await pass(interval);
    await sweep();
    counts.push((await told()).length);
  }
  return counts;
};

describe('what waits', () => {
  const expected = [26, 0, 26, 26];

  it('is announced when it is due, not at once again, and never forgotten', async () => {
    expect(await announced()).toEqual(expected);
  });

  it.each([
    ['looks for the newest', 'waiting_intakes', '<= clock_timestamp()', '> clock_timestamp()'],
    ['takes settled ones for waiting', 'waiting_intakes', "i.status = 'a'", "i.status = 'p'"],
    [
      'sends all the time',
      'note_resent',
      "interval '1 minute'), interval '1 hour'",
      "interval '0'), interval '0'",
    ],
    ['gives up in the end', 'note_resent', "interval '1 hour'", "interval '1 year'"],
  ])('would not be by a sweep that %s', async (_name, name, right, wrong) => {
    await mutateDatabase(database, name, right, wrong);
    const counts = await announced();
    await mutateDatabase(database, name, wrong, right);
    expect(counts).not.toEqual(expected);
  });
});
