import { type AuditFinding, auditShard } from '@atlas/domain';
import { type PostgresLedger, postgresLedger } from '@atlas/postgres';
import fc from 'fast-check';
import type pg from 'pg';
import { stepsUpTo } from '../contract/command-sequences.ts';
import { LedgerDriver } from '../contract/ledger-driver.ts';
import { collect } from './collect.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { call } from './ledger.ts';
import { type Sealer, startSealer } from './sealer.ts';

/** A ledger, what drains its outboxes, and its audit chains. */
export interface AuditWorld extends Sealer {
  readonly database: TestDatabase;
  readonly ledger: PostgresLedger;
  /** A superuser on a shard. */
  admin(shard: number): pg.Client;
  /** Random commands of a tenant of its own, of every kind. */
  live(tenant: string, seed: number, commands: number): Promise<void>;
  /** What an audit of all shards finds. */
  audit(tenant?: string): Promise<readonly AuditFinding[]>;
}

export const startAuditWorld = async (shardCount = 2): Promise<AuditWorld> => {
  const database = await testDatabase(shardCount);
  const ledger = postgresLedger({ shards: database.api, namedStatements: true });
  const sealer = startSealer(database);
  const admins = await Promise.all(database.api.map(({ id }) => database.admin(id)));
  const world: AuditWorld = {
    database,
    ledger,
    chains: sealer.chains,
    admin(shard) {
      const admin = admins[shard];
      if (admin === undefined) throw new RangeError(`no shard ${shard}`);
      return admin;
    },
    async live(tenant, seed, commands) {
      await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
      const driver = new LedgerDriver(ledger, tenant);
      // The first samples are small; the longest of some has something of everything.
      const samples = fc.sample(stepsUpTo(commands), { numRuns: 20, seed });
      const [steps = []] = samples.toSorted((a, b) => b.length - a.length);
      // Places give commands their keys, and no two lives of a tenant may share one.
      for (const [i, step] of steps.entries()) await driver.perform(step, seed * 1_000 + i);
    },
    drain: sealer.drain,
    seal: sealer.seal,
    async audit(tenant) {
      const all = await Promise.all(
        sealer.chains.map((chain) => collect(auditShard(chain, { tenant }))),
      );
      return all.flat();
    },
    async close() {
      await Promise.all([ledger.close(), sealer.close()]);
      await Promise.all(admins.map((admin) => admin.end()));
      await database.drop();
    },
  };
  return world;
};
