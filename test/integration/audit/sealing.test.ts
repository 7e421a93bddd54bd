import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditWorld, startAuditWorld } from '../../support/audit-world.ts';
import { acceptedValue, call, openAccount, request, transferOf } from '../../support/ledger.ts';
import { placesOfLeaves } from '../../support/places-of-leaves.ts';
import { variedHistory } from '../../support/varied-history.ts';

let world: AuditWorld;

beforeAll(async () => {
  world = await startAuditWorld();
});
afterAll(() => world.close());

/** Of both shards: a leaf belongs to one partition, and a partition to one shard. */
const places = async () => {
  const each = await Promise.all([0, 1].map((shard) => placesOfLeaves(world.admin(shard))));
  const all = new Map(each.flatMap((map) => [...map]));
  return {
    leaves: [...all.keys()].toSorted(),
    distinct: [...new Set([...all.values()].map((where) => where.join()))],
  };
};

const total = async (sql: string): Promise<number> => {
  const counts = await Promise.all(
    [0, 1].map(async (shard) => (await world.admin(shard).query(sql)).rows[0].n as number),
  );
  return counts.reduce((sum, n) => sum + n, 0);
};

describe('what was committed', () => {
  it('is in the outbox, waits, or is in a block: never in two of them, or in none', async () => {
    for (const [i, tenant] of ['ada', 'bob', 'cyd', 'dan'].entries()) {
      await variedHistory(world.ledger, tenant, 2);
      await world.live(tenant, 100 + i, 80);
    }
    const before = await places();
    expect(before.leaves.length).toBeGreaterThan(100);
    expect(before.distinct).toEqual(['outbox']);

    await world.drain();
    expect(await places()).toEqual({ leaves: before.leaves, distinct: ['waiting'] });

    const reports = await world.seal();
    expect(await places()).toEqual({ leaves: before.leaves, distinct: ['block'] });
    const sealed = reports.reduce((sum, { leaves }) => sum + leaves, 0);
    expect(sealed).toBe(before.leaves.length);
    expect(reports.flatMap(({ incomplete }) => incomplete)).toEqual([]);
  });

  it('is all of it in the chain: holds and their ends, reversals, batches, partitions', async () => {
    expect(await world.audit()).toEqual([]);
    const { leaves } = await places();
    expect(new Set(leaves.map((leaf) => leaf.charAt(0)))).toEqual(new Set(['t', 'h', 'z', 'e']));
    const transfers = leaves.filter((leaf) => leaf.startsWith('t'));
    const ids = new Set(transfers.map((leaf) => leaf.split(' ')[2]));
    expect(ids.size).toBeLessThan(transfers.length);
    expect(await total('SELECT count(*)::int AS n FROM ledger.transfer')).toBe(ids.size);
    expect(await total('SELECT count(*)::int AS n FROM ledger.reversal')).toBeGreaterThan(0);
    expect(await total('SELECT count(*)::int AS n FROM ledger.posting')).toBeGreaterThan(0);
  });

  it('makes another block only when there is more of it, and a chain for each partition', async () => {
    const count = 'SELECT count(*)::int AS n FROM ledger.audit_block';
    const blocks = await total(count);
    const reports = await world.seal();
    expect(reports.map(({ isAnchored }) => isAnchored)).toEqual([false, false]);
    expect(await total(count)).toBe(blocks);
    await world.live('ada', 200, 40);
    await world.seal();
    expect(await total(count)).toBeGreaterThan(blocks);
    expect(await world.audit()).toEqual([]);
  });

  it('is not taken for tampering while it is on its way', async () => {
    let isOver = false;
    const posting = Promise.all(
      ['gus', 'hal'].map(async (tenant, i) => {
        await variedHistory(world.ledger, tenant, 2);
        await world.live(tenant, 900 + i, 60);
      }),
    ).finally(() => {
      isOver = true;
    });
    let rounds = 0;
    while (!isOver) {
      const [findings] = await Promise.all([world.audit(), world.seal()]);
      expect(findings).toEqual([]);
      rounds += 1;
    }
    await posting;
    await world.seal();
    expect(await world.audit()).toEqual([]);
    expect(rounds).toBeGreaterThan(1);
  });

  it('costs a plain transfer less than forty bytes of the chain', async () => {
    const tenant = 'fay';
    await world.ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
    const from = await openAccount(world.ledger, tenant);
    const to = await openAccount(world.ledger, tenant);
    const items = Array.from({ length: 500 }, () => ({
      type: 'transfer' as const,
      command: transferOf([from, to, 1n]),
    }));
    for (let i = 0; i < 4; i += 1) {
      acceptedValue(await world.ledger.postBatch(request(tenant), { atomic: true, items }, call()));
    }
    const size = async () => {
      for (const shard of [0, 1]) await world.admin(shard).query('VACUUM FULL ledger.audit_block');
      return total(`SELECT pg_total_relation_size('ledger.audit_block')::int AS n`);
    };
    const before = await size();
    const reports = await world.seal();
    expect(reports.reduce((sum, { leaves }) => sum + leaves, 0)).toBe(2_000);
    // The page that a table grows by is not the row’s.
    expect((await size()) - before).toBeLessThan(2_000 * 40 + 8_192);
  });

  it('would be found if it were in no block: rows that only wait are taken away', async () => {
    await variedHistory(world.ledger, 'eve', 2);
    await world.drain();
    expect(await world.audit()).toEqual([]);
    for (const shard of [0, 1]) await world.admin(shard).query('DELETE FROM ledger.audit_pending');
    const found = await world.audit();
    expect(found.length).toBeGreaterThan(0);
    expect(new Set(found.map(({ problem }) => problem))).toEqual(new Set(['unsealed']));
  });
});
