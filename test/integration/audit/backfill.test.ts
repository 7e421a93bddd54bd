import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditShard } from '@atlas/domain';
import { migrate, postgresLedger, postgresOutboxes, type ShardConnection } from '@atlas/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../../support/collect.ts';
import { migrationsDirectory, takingTurns } from '../../support/database.ts';
import { placesOfLeaves } from '../../support/places-of-leaves.ts';
import { drainOutbox, startSealer } from '../../support/sealer.ts';
import { testServices } from '../../support/services.ts';
import { variedHistory } from '../../support/varied-history.ts';

const name = `backfill_${process.pid}_${Date.now()}`;
const folder = mkdtempSync(join(tmpdir(), 'atlas-backfill-'));
const { postgresAdminUrls, passwords } = testServices();
const adminUrl = new URL(postgresAdminUrls[0] ?? '');
const ownUrl = new URL(adminUrl);
ownUrl.pathname = `/${name}`;

const onServer = async (sql: string): Promise<void> => {
  const server = new pg.Client({ connectionString: adminUrl.toString() });
  await server.connect();
  await server.query(sql);
  await server.end();
};

const copy = (isWanted: (file: string) => boolean): void => {
  for (const file of readdirSync(migrationsDirectory).filter(isWanted)) {
    cpSync(join(migrationsDirectory, file), join(folder, file));
  }
};

const upgrade = () =>
  takingTurns(adminUrl.toString(), () =>
    migrate({
      admin: { connectionString: ownUrl.toString() },
      directory: folder,
      shard: 0,
      shardCount: 1,
      passwords,
    }),
  );

const as = (role: keyof typeof passwords): readonly ShardConnection[] => [
  {
    id: 0,
    host: ownUrl.hostname,
    port: Number(ownUrl.port),
    database: name,
    user: `atlas_${role}`,
    password: passwords[role],
    tls: false,
  },
];

let admin: pg.Client;

beforeAll(async () => {
  await onServer(`CREATE DATABASE ${name}`);
  admin = new pg.Client({ connectionString: ownUrl.toString() });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
  rmSync(folder, { recursive: true });
});

describe('what was committed before there were chains', () => {
  it('waits to be sealed, once, whether or not its events were sent before', async () => {
    copy((file) => file < '0013');
    await upgrade();
    const ledger = postgresLedger({ shards: as('api'), namedStatements: false });
    const relayed = postgresOutboxes({ shards: as('relay'), namedStatements: true });
    const [outbox] = relayed.outboxes;
    if (outbox === undefined) throw new Error('there is no outbox');
    await variedHistory(ledger, 'acme', 1);
    await drainOutbox(outbox);
    await variedHistory(ledger, 'globex', 1);

    copy((file) => file >= '0013');
    expect(await upgrade()).toContain('0013-audit.sql');
    const places = await placesOfLeaves(admin);
    expect(new Set([...places.values()].map((where) => where.join()))).toEqual(
      new Set(['waiting', 'outbox']),
    );
    const sealer = startSealer({ relay: as('relay'), audit: as('audit') });
    await sealer.seal();
    const sealed = await placesOfLeaves(admin);
    expect([...sealed.keys()].toSorted()).toEqual([...places.keys()].toSorted());
    expect(new Set([...sealed.values()].map((where) => where.join()))).toEqual(new Set(['block']));
    const findings = await Promise.all(sealer.chains.map((chain) => collect(auditShard(chain))));
    expect(findings.flat()).toEqual([]);

    const { rows } = await admin.query(`SELECT polname FROM pg_policy WHERE polname = 'backfill'`);
    expect(rows).toEqual([]);
    await Promise.all([ledger.close(), relayed.close(), sealer.close()]);
  });
});
