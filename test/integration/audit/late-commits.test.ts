import { randomBytes } from 'node:crypto';
import { homePartition, makeId } from '@atlas/domain';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditWorld, startAuditWorld } from '../../support/audit-world.ts';
import { connectAs } from '../../support/connect-as.ts';
import { call, openAccount, request } from '../../support/ledger.ts';
import { mutateFunction } from '../../support/mutate-function.ts';
import { placesOfLeaves } from '../../support/places-of-leaves.ts';

const tenant = 'acme';
const home = homePartition(tenant);
let world: AuditWorld;

beforeAll(async () => {
  world = await startAuditWorld(1);
  await world.ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
});
afterAll(() => world.close());

const connected = () => connectAs(world.database.api[0]);

/** Posts between two new accounts, in the transaction that the client is in. */
const post = async (client: pg.Client, transferId: string): Promise<void> => {
  const [debit, credit] = await Promise.all([
    openAccount(world.ledger, tenant),
    openAccount(world.ledger, tenant),
  ]);
  const { keyHash, requestHash } = request(tenant);
  const { rows } = await client.query(
    `SELECT outcome FROM ledger.post_one($1, $2, $3, $4, $4, $4, 1, NULL, NULL, $5, $6, $7, 5,
       NULL, NULL, NULL)`,
    [tenant, keyHash, requestHash, home, transferId, debit, credit],
  );
  expect(rows[0].outcome).toBe('done');
};

const id = (unixMs: number): string => makeId(unixMs, home, randomBytes(9));

/**
 * Two transactions are open at once. The one with the later ids commits first and is sealed; then the
 * other commits. Answers where the two are in the end.
 */
const sealBetweenCommits = async (): Promise<readonly (readonly string[] | undefined)[]> => {
  const nowMs = Date.now();
  const [early, late] = [id(nowMs), id(nowMs + 1)];
  const [slow, fast] = await Promise.all([connected(), connected()]);
  try {
    await slow.query('BEGIN');
    await post(slow, early);
    await fast.query('BEGIN');
    await post(fast, late);
    await fast.query('COMMIT');
    const [first] = await world.seal();
    expect(first?.leaves).toBe(1);
    await slow.query('COMMIT');
    await world.seal();
  } finally {
    await Promise.all([slow.end(), fast.end()]);
  }
  const places = await placesOfLeaves(world.admin(0));
  return [early, late].map((one) => places.get(`t ${home} ${one} 0`));
};

describe('a transfer whose id is lower than one that is sealed already', () => {
  it('is sealed once it commits', async () => {
    expect(await sealBetweenCommits()).toEqual([['block'], ['block']]);
    expect(await world.audit()).toEqual([]);
  });

  it('is lost by a sealer that reads beyond the greatest id it has sealed', async () => {
    const mend = await mutateFunction(
      world.admin(0),
      'read_pending',
      'FROM ledger.audit_pending p',
      `FROM (SELECT 't'::"char" AS kind, t.transfer_id AS id, 0::bigint AS version, t.tenant,
                    t.partition
               FROM ledger.transfer t
              WHERE t.transfer_id > (SELECT b.greatest_id FROM ledger.audit_block b
                                      WHERE b.partition = of_partition AND b.tenant = tenant_name
                                      ORDER BY b.height DESC LIMIT 1)) AS p`,
    );
    expect(await sealBetweenCommits()).toEqual([['waiting'], ['block']]);

    await mend();
    const [report] = await world.seal();
    expect(report?.leaves).toBe(1);
    expect(await world.audit()).toEqual([]);
  });

  it('is lost for good where what leaves the outbox is not put among what waits', async () => {
    const mend = await mutateFunction(
      world.admin(0),
      'await_sealing',
      'WHERE l.kind IS NOT NULL',
      `WHERE l.kind IS NOT NULL
         AND g.aggregate_id > (SELECT max(b.greatest_id::text)::uuid FROM ledger.audit_block b)`,
    );
    await world.admin(0).query('GRANT SELECT ON ledger.audit_block TO atlas_relay');
    await world
      .admin(0)
      .query('CREATE POLICY mutant ON ledger.audit_block TO atlas_relay USING (true)');
    const places = await sealBetweenCommits();
    expect(places).toEqual([undefined, ['block']]);
    expect(await world.audit()).toMatchObject([{ problem: 'unsealed', relation: 'transfer' }]);
    await mend();
  });
});
