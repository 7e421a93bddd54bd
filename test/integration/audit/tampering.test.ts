import { type AuditFinding, auditShard } from '@atlas/domain';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditWorld, startAuditWorld } from '../../support/audit-world.ts';
import { collect } from '../../support/collect.ts';
import { type VariedHistory, variedHistory } from '../../support/varied-history.ts';

let world: AuditWorld;
let admin: pg.Client;
let history: VariedHistory;

beforeAll(async () => {
  world = await startAuditWorld(1);
  admin = world.admin(0);
  history = await variedHistory(world.ledger, 'acme', 1);
  await variedHistory(world.ledger, 'globex', 1);
  await world.live('initech', 41, 60);
  await world.seal();
  // A second block for everybody, so that what is tampered with lies below another.
  for (const tenant of ['acme', 'globex']) await world.live(tenant, 42, 40);
  await world.seal();
});
afterAll(() => world.close());

interface Column {
  readonly name: string;
  readonly type: string;
}

const columnsOf = async (table: string): Promise<readonly Column[]> => {
  const { rows } = await admin.query<Column>(
    `SELECT column_name AS name, coalesce(domain_name, udt_name) AS type
       FROM information_schema.columns
      WHERE table_schema = 'ledger' AND table_name = $1 ORDER BY ordinal_position`,
    [table],
  );
  return rows;
};

/** Another value of the type, in the place of the one that is there. */
const others: Readonly<Record<string, (column: string) => string>> = {
  uuid: (c) => `coalesce(overlay(${c}::text placing '7fff' from 15)::uuid, uuidv7())`,
  text: (c) => `coalesce(${c}, '') || 'x'`,
  int2: (c) => `${c} + 1`,
  int4: (c) => `${c} + 1`,
  int8: (c) => `coalesce(${c}, 0) + 1`,
  amount: (c) => `${c} + 1`,
  total: (c) => `${c} - 1`,
  entry_version: (c) => `${c} + 1000`,
  posting_count: (c) => `${c} + 1`,
  entry_kind: (c) => `CASE ${c} WHEN 'r' THEN 'p' ELSE 'r' END`,
  direction: (c) => `CASE ${c} WHEN 'd' THEN 'c' ELSE 'd' END`,
  hold_status: (c) => `CASE ${c} WHEN 'c' THEN 'v' ELSE 'c' END`,
  timestamptz: (c) => `coalesce(${c}, now()) + interval '1 microsecond'`,
  jsonb: (c) => `coalesce(${c}, '{}') || '{"planted": "x"}'`,
  bytea: (c) => `set_byte(${c}, 0, get_byte(${c}, 0) # 1)`,
  _uuid: (c) => `ARRAY[uuidv7()] || ${c}[2:]`,
  _int8: (c) => `ARRAY[coalesce((${c})[1], 0) + 1]`,
};

const audit = (tenant?: string): Promise<readonly AuditFinding[]> => {
  const [chain] = world.chains;
  if (chain === undefined) throw new Error('there is no chain');
  return collect(auditShard(chain, { tenant }));
};

/** Does to the database what nobody may do, audits, and puts every row back. */
const found = async (
  table: string,
  tampering: string,
  tenant?: string,
): Promise<readonly AuditFinding[]> => {
  await admin.query('SET session_replication_role = replica');
  await admin.query(`CREATE TEMPORARY TABLE before AS SELECT * FROM ledger.${table}`);
  try {
    const { rowCount } = await admin.query(tampering);
    expect(rowCount).toBe(1);
    return await audit(tenant);
  } finally {
    await admin.query(`DELETE FROM ledger.${table}`);
    await admin.query(`INSERT INTO ledger.${table} SELECT * FROM before`);
    await admin.query('DROP TABLE before');
    await admin.query('SET session_replication_role = origin');
  }
};

/** A row of each table, and what a finding calls it. */
interface Victim {
  readonly table: string;
  readonly where: string;
  readonly key: string;
}

const victims = async (): Promise<readonly Victim[]> => {
  const { plain, wide, holds } = history;
  const entry = async (condition: string): Promise<Victim> => {
    const { rows } = await admin.query(
      `SELECT account_id AS id, version FROM ledger.entry WHERE ${condition} ORDER BY 1, 2 LIMIT 1`,
    );
    const [{ id, version }] = rows;
    return {
      table: 'entry',
      where: `account_id = '${id}' AND version = ${version}`,
      key: `${id}/${version}`,
    };
  };
  return [
    { table: 'transfer', where: `transfer_id = '${wide}'`, key: wide },
    { table: 'posting', where: `transfer_id = '${wide}' AND ordinal = 3`, key: `${wide}/3` },
    { table: 'reversal', where: `transfer_id = '${plain}'`, key: plain },
    { table: 'hold', where: `hold_id = '${holds[0]}'`, key: holds[0] },
    await entry(`transfer_id = '${wide}' AND kind = 'p'`),
    await entry(`transfer_id = '${holds[0]}' AND kind = 'h'`),
    await entry(`transfer_id = '${holds[1]}' AND kind = 'r'`),
  ];
};

const sealedTables = ['transfer', 'posting', 'reversal', 'hold', 'entry'];

describe('an audit', () => {
  it('finds nothing where nothing was tampered with', async () => {
    expect(await audit()).toEqual([]);
    expect((await world.chains[0]?.heads())?.length).toBeGreaterThan(3);
  });

  it('names the row of which one column was changed, whichever it is', async () => {
    const all = await victims();
    expect(new Set(all.map(({ table }) => table))).toEqual(new Set(sealedTables));
    let tampered = 0;
    for (const { table, where, key } of all) {
      for (const { name, type } of await columnsOf(table)) {
        const other = others[type];
        if (other === undefined) throw new Error(`no other value of the type ${type}`);
        const findings = await found(
          table,
          `UPDATE ledger.${table} SET ${name} = ${other(name)} WHERE ${where}`,
        );
        // The block’s finding is the first bad row of it.
        const named = findings.filter(({ height }) => height !== null);
        const what = { column: `${table}.${name}`, key };
        expect({ ...what, named }).toMatchObject({ ...what, named: [{ relation: table, key }] });
        expect(['changed', 'missing']).toContain(named[0]?.problem);
        tampered += 1;
      }
    }
    expect(tampered).toBeGreaterThan(70);
    expect(await audit()).toEqual([]);
  }, 300_000);

  it('names a row that was deleted', async () => {
    for (const { table, where, key } of await victims()) {
      const findings = await found(table, `DELETE FROM ledger.${table} WHERE ${where}`);
      expect(findings[0]).toMatchObject({ problem: 'missing', relation: table, key });
      expect(findings[0]?.height).toBeGreaterThan(0);
    }
  });

  it('names a row that was planted among those that are sealed', async () => {
    for (const { table, where } of await victims()) {
      const columns = (await columnsOf(table)).map(({ name }) => name);
      const planted: Readonly<Record<string, string>> = {
        transfer_id: table === 'posting' || table === 'entry' ? 'transfer_id' : 'uuidv7()',
        ordinal: 'ordinal + 1',
        version: table === 'entry' ? 'version + 1000' : 'version',
        hold_id: table === 'hold' ? 'uuidv7()' : 'hold_id',
        key_hash: 'NULL',
      };
      const findings = await found(
        table,
        `INSERT INTO ledger.${table} (${columns.join(', ')})
         SELECT ${columns.map((column) => planted[column] ?? column).join(', ')}
           FROM ledger.${table} WHERE ${where}`,
      );
      const strays = findings.filter(({ problem }) => problem === 'unsealed');
      expect(strays).toMatchObject([{ relation: table }]);
    }
  });

  it('names totals that are not the sum of their entries, and what a hold has left', async () => {
    const { rows } = await admin.query(
      `SELECT debit_account AS id FROM ledger.transfer WHERE transfer_id = $1`,
      [history.wide],
    );
    const account = `account_id = '${rows[0].id}'`;
    for (const [column, value] of [
      ['posted_debits', 'posted_debits + 1'],
      ['posted_credits', 'posted_credits + 1'],
      ['pending_debits', 'pending_debits + 1'],
      ['pending_credits', 'pending_credits + 1'],
      ['version', '1'],
    ] as const) {
      const findings = await found(
        'account',
        `UPDATE ledger.account SET ${column} = ${value} WHERE ${account}`,
      );
      expect(findings).toMatchObject([
        { problem: 'unfolded', relation: 'account', key: rows[0].id },
      ]);
    }
    const [, , pending] = history.holds;
    for (const change of ['captured = captured + 1', 'version = version + 1', `status = 'v'`]) {
      const findings = await found(
        'hold',
        `UPDATE ledger.hold SET ${change} WHERE hold_id = '${pending}'`,
      );
      expect(findings.map(({ key }) => key)).toContain(pending);
    }
  });

  it('finds any column of a block that was changed', async () => {
    const { rows } = await admin.query<{ partition: number; height: number }>(
      `SELECT partition, max(height) AS height FROM ledger.audit_block
        GROUP BY partition ORDER BY max(height) DESC, partition LIMIT 1`,
    );
    const [{ partition, height } = { partition: -1, height: -1 }] = rows;
    expect(height).toBeGreaterThan(1);
    const key = `${partition}/${height}`;
    for (const { name, type } of await columnsOf('audit_block')) {
      const other = others[type];
      if (other === undefined) throw new Error(`no other value of the type ${type}`);
      const [first] = await found(
        'audit_block',
        `UPDATE ledger.audit_block SET ${name} = ${other(name)}
          WHERE partition = ${partition} AND height = ${height}`,
      );
      const isMoved = name === 'partition' || name === 'height';
      expect({ name, first }).toMatchObject({
        name,
        first: { problem: 'block-changed', ...(isMoved ? {} : { key }) },
      });
    }
  });

  it('finds a block that is gone from below another', async () => {
    const at = `partition = (SELECT partition FROM ledger.audit_block WHERE height = 2 LIMIT 1)`;
    const gone = await found(
      'audit_block',
      `DELETE FROM ledger.audit_block WHERE ${at} AND height = 1`,
    );
    expect(gone[0]).toMatchObject({ problem: 'chain-gap', height: 2 });
  });

  it('of one tenant looks at its rows only, and at the links of everybody', async () => {
    const [transfer] = await victims();
    const change = `UPDATE ledger.transfer SET amount = amount + 1 WHERE ${transfer?.where}`;
    expect(await found('transfer', change, 'globex')).toEqual([]);
    expect(await found('transfer', change, 'acme')).toMatchObject([{ relation: 'transfer' }]);
    const block = `UPDATE ledger.audit_block SET tenant = tenant || 'x' WHERE ctid =
      (SELECT ctid FROM ledger.audit_block WHERE tenant = 'acme' LIMIT 1)`;
    expect(await found('audit_block', block, 'globex')).toMatchObject([
      { problem: 'block-changed' },
    ]);
  });
});
