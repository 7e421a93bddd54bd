import { spawn } from 'node:child_process';
import { join } from 'node:path';
import {
  type AuditChain,
  type AuditFinding,
  anchorKey,
  blockHash,
  makeBlock,
  zeroHash,
} from '@atlas/domain';
import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anchorHistory } from '../../../localstack/audit/anchor-history.ts';
import { runAudit } from '../../../localstack/audit/run-audit.ts';
import { anchorBucket } from '../../support/anchor-bucket.ts';
import { type AuditWorld, startAuditWorld } from '../../support/audit-world.ts';
import { collect } from '../../support/collect.ts';
import { testServices } from '../../support/services.ts';
import { variedHistory } from '../../support/varied-history.ts';

const Bucket = `test-anchors-${process.pid}-${Date.now()}`;
const root = join(import.meta.dirname, '..', '..', '..');
let world: AuditWorld;
let admin: pg.Client;
let s3: S3Client;
let seals: (event: unknown, context: Context) => Promise<Readonly<Record<string, number>>>;
let verifies: typeof seals;
let number = 0;

beforeAll(async () => {
  world = await startAuditWorld(1);
  admin = world.admin(0);
  s3 = await anchorBucket(Bucket);
  const [audit] = world.database.audit;
  if (audit === undefined) throw new Error('there is no shard');
  const { user, password, ...place } = audit;
  Object.assign(process.env, {
    ATLAS_STAGE: 'test',
    ATLAS_SHARDS: JSON.stringify([place]),
    ATLAS_POSTGRES_USER: user,
    ATLAS_POSTGRES_PASSWORD: String(password),
    ATLAS_ANCHORS_BUCKET: Bucket,
    AWS_ENDPOINT_URL: testServices().awsEndpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
  });
  ({ handler: seals } = await import('../../../functions/jobs/seal-audit-chain.ts'));
  ({ handler: verifies } = await import('../../../functions/jobs/verify-audit-chain.ts'));
  await somethingIsSealed();
  await somethingIsSealed();
});
afterAll(async () => {
  const { auditChains } = await import('../../../functions/services/audit-chains.ts');
  await auditChains().close();
  await world.close();
  s3.destroy();
});

const context = { getRemainingTimeInMillis: () => 60_000 } as unknown as Context;

/** What the job does each minute, with something new to do it to. */
const somethingIsSealed = async () => {
  number += 1;
  await variedHistory(world.ledger, `tenant-${number}`, 1);
  await world.live('acme', 500 + number, 20);
  await world.drain();
  return seals({}, context);
};

const audit = (): Promise<readonly AuditFinding[]> =>
  collect(runAudit({ chains: world.chains, history: anchorHistory(s3, Bucket) }));

const versions = async (): Promise<number> => {
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  return Versions.length;
};

/** Does something to the blocks, and puts all of them back afterwards. */
const tampered = async <T>(
  tampering: () => Promise<unknown>,
  ask: () => Promise<T>,
): Promise<T> => {
  await admin.query('CREATE TEMPORARY TABLE before AS SELECT * FROM ledger.audit_block');
  await admin.query('CREATE TEMPORARY TABLE rows_before AS SELECT * FROM ledger.transfer');
  await admin.query('SET session_replication_role = replica');
  try {
    await tampering();
    return await ask();
  } finally {
    for (const [table, kept] of [
      ['audit_block', 'before'],
      ['transfer', 'rows_before'],
    ]) {
      await admin.query(`DELETE FROM ledger.${table}`);
      await admin.query(`INSERT INTO ledger.${table} SELECT * FROM ${kept}`);
      await admin.query(`DROP TABLE ${kept}`);
    }
    await admin.query('SET session_replication_role = origin');
  }
};

const chain = (): AuditChain => {
  const [only] = world.chains;
  if (only === undefined) throw new Error('there is no chain');
  return only;
};

/** The partition with the longest chain, and its height. */
const longest = async () => {
  const heads = await chain().heads();
  const [head] = heads.toSorted((a, b) => b.height - a.height);
  if (head === undefined) throw new Error('there is no block');
  return head;
};

/**
 * Changes the amount of a transfer in the first block of a partition, and makes so many blocks from there
 * anew as whoever may write to the database could: each of them is what its hash says.
 */
const rewrite = async (partition: number, count: number): Promise<void> => {
  const blocks = await chain().blocks(partition, 0, 100);
  const transfer = blocks[0]?.refs.find(({ kind }) => kind === 't');
  await admin.query('UPDATE ledger.transfer SET amount = amount + 1 WHERE transfer_id = $1', [
    transfer?.id,
  ]);
  let tip = { height: 0, hash: zeroHash };
  for (const block of blocks.slice(0, count)) {
    const leaves = await chain().sealedLeaves(block);
    const { sealedAt, greatestId } = block;
    const made = makeBlock(partition, block.tenant, { ...tip, sealedAt, greatestId }, leaves);
    expect(made.hash).toBe(blockHash(made));
    await admin.query(
      `UPDATE ledger.audit_block
          SET previous_hash = decode($3, 'hex'), root = decode($4, 'hex'), hash = decode($5, 'hex'),
              marks = decode($6, 'hex')
        WHERE partition = $1 AND height = $2`,
      [partition, block.height, made.previousHash, made.root, made.hash, made.marks],
    );
    tip = { height: made.height, hash: made.hash };
  }
};

describe('the anchors', () => {
  it('have the heads of every chain that has grown, and nobody may delete one', async () => {
    const before = await versions();
    expect(await somethingIsSealed()).toMatchObject({ findings: 0, anchored: 1 });
    expect(await versions()).toBe(before + 1);
    expect(await seals({}, context)).toMatchObject({ blocks: 0, anchored: 0 });
    expect(await versions()).toBe(before + 1);
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const deletion = new DeleteObjectCommand({
      Bucket,
      Key: anchorKey(0),
      VersionId: Versions[0]?.VersionId,
    });
    await expect(s3.send(deletion)).rejects.toThrow(/object lock|Access ?Denied/i);
    expect(await audit()).toEqual([]);
  });

  it('tell of a chain that was rewritten, block by block, so that it agrees with itself', async () => {
    const { partition, height } = await longest();
    expect(height).toBeGreaterThan(2);
    const { within, findings, sealed } = await tampered(
      () => rewrite(partition, height),
      async () => ({
        within: await world.audit(),
        findings: await audit(),
        sealed: await seals({}, context),
      }),
    );
    // Without the anchors it looks as if nothing had happened.
    expect(within.filter(({ height: at }) => at !== null)).toEqual([]);
    const rewritten = findings.filter(({ problem }) => problem === 'chain-rewritten');
    expect(rewritten.length).toBeGreaterThan(1);
    expect(rewritten[0]).toMatchObject({ partition, key: `${partition}/${height}` });
    // The job tells each minute, and does not anchor what was rewritten.
    expect(sealed).toMatchObject({ findings: 1, anchored: 0 });
    expect(await audit()).toEqual([]);
  });

  it('are not needed where the chain was rewritten in part: a block names another below it', async () => {
    const { partition } = await longest();
    const [first] = await tampered(
      () => rewrite(partition, 1),
      () => world.audit(),
    );
    expect(first).toMatchObject({ problem: 'chain-unlinked', partition, height: 2 });
  });

  it('tell of a chain that was cut short, or taken away', async () => {
    const { partition, height } = await longest();
    for (const from of [height, 1]) {
      const { within, findings } = await tampered(
        () =>
          admin.query('DELETE FROM ledger.audit_block WHERE partition = $1 AND height >= $2', [
            partition,
            from,
          ]),
        async () => ({ within: await world.audit(), findings: await audit() }),
      );
      // A block that is gone from the end leaves no gap. Its rows are strays, unless they went with it.
      expect(new Set(within.map(({ problem }) => problem))).toEqual(new Set(['unsealed']));
      expect(findings.find(({ problem }) => problem === 'chain-cut')).toMatchObject({
        partition,
        key: `${partition}/${height}`,
      });
    }
    expect(await audit()).toEqual([]);
  });

  it('are found to be missing, deleted, or replaced by what is none', async () => {
    const nothing = (async function* () {})();
    const without = await collect(runAudit({ chains: world.chains, history: nothing }));
    expect(without).toMatchObject([{ problem: 'anchor-missing', key: anchorKey(0) }]);
    const before = await audit();
    await s3.send(new DeleteObjectCommand({ Bucket, Key: anchorKey(0) }));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'heads/shard-9.json', Body: '{}' }));
    const findings = await audit();
    expect(before).toEqual([]);
    expect(findings.map(({ problem }) => problem).toSorted()).toEqual([
      'anchor-deleted',
      'anchor-unreadable',
    ]);
    // The versions below the deletion still tell of a chain that was cut short.
    const { partition } = await longest();
    const cut = await tampered(
      () => admin.query('DELETE FROM ledger.audit_block WHERE partition = $1', [partition]),
      audit,
    );
    expect(cut.map(({ problem }) => problem)).toContain('chain-cut');
  });
});

describe('the job that looks again', () => {
  it('goes through every chain in turn, and finds what was tampered with', async () => {
    expect(await verifies({}, context)).toMatchObject({ findings: 0 });
    const { rows } = await admin.query('SELECT count(*)::int AS n FROM ledger.audit_block');
    expect(await verifies({}, context)).toEqual({ blocks: rows[0].n, findings: 0 });
    const found = await tampered(
      () => admin.query(`UPDATE ledger.transfer SET amount = amount + 1`),
      () => verifies({}, context),
    );
    expect(found.findings).toBeGreaterThan(1);
  });

  it('goes on where its time was over', async () => {
    const short = { getRemainingTimeInMillis: () => 1_000 } as unknown as Context;
    await admin.query('UPDATE ledger.audit_progress SET height = 1');
    expect(await verifies({}, short)).toEqual({ blocks: 0, findings: 0 });
    const { rows } = await admin.query(
      `SELECT count(*)::int AS n FROM ledger.audit_block b
         JOIN ledger.audit_progress p ON p.partition = b.partition AND b.height > p.height`,
    );
    expect(await verifies({}, context)).toEqual({ blocks: rows[0].n, findings: 0 });
  });
});

describe('make audit-verify', () => {
  const verify = (
    options: readonly string[],
  ): Promise<{ readonly code: number | null; readonly text: string }> =>
    new Promise((resolve, reject) => {
      const child = spawn('node', [join(root, 'localstack', 'audit-verify.ts'), ...options], {
        env: process.env,
      });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (data: Buffer) => {
          text += data.toString();
        });
      }
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, text }));
    });

  const sources = (): readonly string[] => {
    const [audited] = world.database.audit;
    if (audited === undefined) throw new Error('there is no shard');
    const { host, port, database, user, password } = audited;
    const url = `postgres://${user}:${String(password)}@${host}:${port}/${database}?sslmode=disable`;
    return ['--shard', url, '--bucket', Bucket];
  };

  it('names the row, its table, its partition and its block, and exits with 1', async () => {
    const { rows } = await admin.query(
      `SELECT transfer_id AS id, partition FROM ledger.transfer WHERE tenant = 'tenant-1' ORDER BY 1 LIMIT 1`,
    );
    const [{ id, partition }] = rows;
    const change = () =>
      admin.query('UPDATE ledger.transfer SET amount = amount + 1 WHERE transfer_id = $1', [id]);
    const told = await tampered(change, () => verify([...sources(), '--tenant', 'tenant-1']));
    expect(told.text).toContain(
      `changed: transfer ${id} (partition ${partition}, block 1) is not what was sealed`,
    );
    expect(told.code).toBe(1);
  });

  it('explains itself, and says what is wrong with how it is called', async () => {
    const help = await verify(['--help']);
    expect(help.code).toBe(0);
    expect(help.text).toContain('Exit codes');
    expect((await verify(['--bucket', Bucket])).code).toBe(2);
    expect((await verify(['--planted'])).code).toBe(2);
  });
});
