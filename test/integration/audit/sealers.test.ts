import { type AuditBlock, type AuditChain, Fault, sealChain } from '@atlas/domain';
import { type PostgresAuditChains, postgresAuditChains } from '@atlas/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendValues } from '../../../layers/postgres/src/audit-chain.ts';
import { auditStatements } from '../../../layers/postgres/src/audit-statements.ts';
import { type AuditWorld, startAuditWorld } from '../../support/audit-world.ts';
import { connectAs } from '../../support/connect-as.ts';
import { mutateFunction } from '../../support/mutate-function.ts';
import { placesOfLeaves } from '../../support/places-of-leaves.ts';
import { postgresProxy } from '../../support/postgres-proxy.ts';
import { anchorsInMemory } from '../../support/sealer.ts';

let world: AuditWorld;
let others: readonly PostgresAuditChains[];
let seed = 300;

beforeAll(async () => {
  world = await startAuditWorld(1);
  const options = { shards: world.database.audit, namedStatements: true };
  others = Array.from({ length: 4 }, () => postgresAuditChains(options));
});
afterAll(async () => {
  await Promise.all(others.map((other) => other.close()));
  await world.close();
});

const signal = new AbortController().signal;
const chainOf = (number: number): AuditChain => {
  const chain = others[number]?.chains[0];
  if (chain === undefined) throw new RangeError(`no sealer ${number}`);
  return chain;
};
const seal = (chain: AuditChain) => sealChain({ chain, anchors: anchorsInMemory(), signal });

/** Something new that waits, of several tenants, some of which share a partition. */
const somethingWaits = async (): Promise<void> => {
  for (const tenant of ['ada', 'bob']) {
    seed += 1;
    await world.live(tenant, seed, 40);
  }
  await world.drain();
};

/** What is wrong with the chain as a whole. */
const wrongs = async () => {
  const places = [...(await placesOfLeaves(world.admin(0))).values()];
  return {
    elsewhere: places.filter((where) => where.join() !== 'block').length,
    findings: await world.audit(),
  };
};
const nothing = { elsewhere: 0, findings: [] };

/** Waits, before its first block is appended, until so many have come. */
const barrier = (expected: number): (() => Promise<void>) => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let waiting = 0;
  return () => {
    waiting += 1;
    if (waiting >= expected) open();
    return opened;
  };
};

describe('sealers at the same time', () => {
  it('do not fork a chain, and seal nothing twice', async () => {
    await somethingWaits();
    const meet = barrier(4);
    const reports = await Promise.all(
      [0, 1, 2, 3].map((number) => {
        const chain = chainOf(number);
        return seal({ ...chain, append: (block) => meet().then(() => chain.append(block)) });
      }),
    );
    expect(reports.reduce((sum, { leaves }) => sum + leaves, 0)).toBe(
      (await placesOfLeaves(world.admin(0))).size,
    );
    expect(await wrongs()).toEqual(nothing);
  });

  /** One has read what waits, when another seals all of it. */
  const overtaken = async (): Promise<void> => {
    await somethingWaits();
    let first = true;
    const chain = chainOf(0);
    await seal({
      ...chain,
      async tip(partition, tenant) {
        if (first) await seal(chainOf(1));
        first = false;
        return chain.tip(partition, tenant);
      },
    });
  };

  it('see that another was faster', async () => {
    await overtaken();
    expect(await wrongs()).toEqual(nothing);
  });

  it('would seal twice if they did not look whether it still waits', async () => {
    const wrong = ['waiting <> cardinality(leaf_ids)', 'false'] as const;
    const mend = await mutateFunction(world.admin(0), 'append_block', ...wrong);
    await overtaken();
    const { elsewhere } = await wrongs();
    expect(elsewhere).toBeGreaterThan(0);
    await mend();
    // What is there twice stays so; the tests that follow begin anew.
    await world.admin(0).query('TRUNCATE ledger.audit_block');
  });

  it('would break the chain if they did not look what it ends with', async () => {
    await world.admin(0).query('TRUNCATE ledger.audit_pending, ledger.audit_progress');
    const wrong = ['tip.height <> at_height - 1 OR tip.hash <> previous', 'false'] as const;
    const mend = await mutateFunction(world.admin(0), 'append_block', ...wrong);
    await somethingWaits();
    const chain = chainOf(0);
    // As if each saw the chain one block shorter than it is.
    let behind = 1;
    await seal({
      ...chain,
      tip: async (partition, tenant) => {
        const tip = await chain.tip(partition, tenant);
        behind += 1;
        return { ...tip, height: tip.height + behind };
      },
    });
    const problems = (await world.audit()).map(({ problem }) => problem);
    expect(problems).toContain('chain-gap');
    await mend();
  });
});

describe('a sealer that dies', () => {
  beforeAll(async () => {
    for (const table of ['audit_block', 'audit_pending', 'outbox', 'entry', 'hold', 'account']) {
      await world.admin(0).query(`TRUNCATE ledger.${table} CASCADE`);
    }
    await world.admin(0).query('TRUNCATE ledger.transfer, ledger.posting, ledger.reversal CASCADE');
  });

  /** The block that would be appended next. */
  const next = async (): Promise<AuditBlock> => {
    const wanted: AuditBlock[] = [];
    await seal({
      ...chainOf(0),
      append: (block) => {
        wanted.push(block);
        return Promise.resolve(true);
      },
    });
    const [block] = wanted;
    if (block === undefined) throw new Error('nothing waits');
    return block;
  };

  it('while it appends has appended nothing, and taken nothing from what waits', async () => {
    await somethingWaits();
    const client = await connectAs(world.database.audit[0]);
    const before = await placesOfLeaves(world.admin(0));
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    await client.query('BEGIN');
    // The statement is done, and its transaction is not.
    const done = await client.query(auditStatements.append.text, [...appendValues(await next())]);
    expect(done.rows).toEqual([{ append_block: true }]);
    await world.admin(0).query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    await client.end().catch(() => {});
    expect(await placesOfLeaves(world.admin(0))).toEqual(before);

    await seal(chainOf(1));
    expect(await wrongs()).toEqual(nothing);
  });

  it('before it hears that a block was appended does not append it again', async () => {
    await somethingWaits();
    const [connection] = world.database.audit;
    if (connection === undefined) throw new Error('there is no shard');
    const proxy = await postgresProxy(connection);
    const far = postgresAuditChains({
      shards: [{ ...connection, host: '127.0.0.1', port: proxy.port }],
      namedStatements: false,
    });
    const [chain] = far.chains;
    if (chain === undefined) throw new Error('there is no chain');
    let lost = 0;
    await seal({
      ...chain,
      append: (block) => {
        proxy.loseNextAnswer('reconnect');
        lost += 1;
        return chain.append(block);
      },
    });
    await far.close();
    await proxy.close();
    expect(lost).toBeGreaterThan(0);
    expect(await wrongs()).toEqual(nothing);
  });

  it('before the heads are anchored leaves that to the next', async () => {
    await somethingWaits();
    const anchors = anchorsInMemory();
    const dying = {
      ...anchors,
      put: () => Promise.reject(new Fault('dependency-unavailable', 'it dies here')),
    };
    await expect(sealChain({ chain: chainOf(0), anchors: dying, signal })).rejects.toBeInstanceOf(
      Fault,
    );
    expect(await anchors.latest(0)).toBeUndefined();
    const report = await sealChain({ chain: chainOf(0), anchors, signal });
    expect(report).toMatchObject({ blocks: 0, isAnchored: true });
    expect((await anchors.latest(0))?.heads).toEqual(await chainOf(0).heads());
  });

  it('because its time is over leaves the rest waiting', async () => {
    await somethingWaits();
    const over = AbortSignal.abort();
    const report = await sealChain({
      chain: chainOf(0),
      anchors: anchorsInMemory(),
      signal: over,
    });
    expect(report).toMatchObject({ blocks: 0, leaves: 0 });
    await seal(chainOf(0));
    expect(await wrongs()).toEqual(nothing);
  });
});

describe('a partition that is being moved', () => {
  it('is sealed afterwards, and holds up no other', async () => {
    await somethingWaits();
    const admin = world.admin(0);
    const { rows } = await admin.query(
      'SELECT partition FROM ledger.audit_pending ORDER BY 1 LIMIT 1',
    );
    const [{ partition }] = rows;
    const become = (state: string) =>
      admin.query('UPDATE ledger.partition_owner SET state = $1 WHERE partition = $2', [
        state,
        partition,
      ]);
    await become('fenced');
    const report = await seal(chainOf(0));
    expect(report.failed).toBeGreaterThan(0);
    expect(report.leaves).toBeGreaterThan(0);
    const waiting = [...(await placesOfLeaves(admin))]
      .filter(([, where]) => where.includes('waiting'))
      .map(([leaf]) => Number(leaf.split(' ')[1]));
    expect(new Set(waiting)).toEqual(new Set([partition]));
    await become('owned');
    expect(await seal(chainOf(0))).toMatchObject({ failed: 0 });
    expect(await wrongs()).toEqual(nothing);
  });
});

describe('what waits and has lost a row', () => {
  it('is told of, is not sealed, and stops nothing else', async () => {
    await somethingWaits();
    const { rows } = await world.admin(0).query(
      `SELECT q.id, t.credit_account, t.credit_version FROM ledger.audit_pending q
         JOIN ledger.transfer t ON t.transfer_id = q.id AND t.partition = q.partition
        ORDER BY q.kind, q.id LIMIT 1`,
    );
    const [{ id, credit_account: account, credit_version: version }] = rows;
    await world
      .admin(0)
      .query('DELETE FROM ledger.entry WHERE account_id = $1 AND version = $2', [account, version]);
    const report = await seal(chainOf(0));
    expect(report.incomplete.map((ref) => ref.id)).toContain(id);
    const places = await placesOfLeaves(world.admin(0));
    const waiting = [...places].filter(([, where]) => where.includes('waiting'));
    expect(waiting).toHaveLength(report.incomplete.length);
    expect(report.leaves).toBeGreaterThan(0);
  });
});
