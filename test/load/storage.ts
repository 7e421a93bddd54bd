import type { BenchDatabase } from './bench-database.ts';
import { connect, driverLoop } from './driver-loop.ts';
import { fullCall } from './posting-calls.ts';

export interface TableStorage {
  readonly table: string;
  /** Bytes a transfer, of the rows and of the indexes, with their empty space. */
  readonly rowBytes: number;
  readonly indexBytes: number;
}

export interface Storage {
  readonly transfers: number;
  readonly tables: readonly TableStorage[];
  readonly totalBytes: number;
}

interface Sizes {
  readonly name: string;
  readonly rows: string;
  readonly indexes: string;
}

/**
 * What single transfers between two accounts leave behind, once their events are published: every table
 * that grew, without the accounts, whose number does not.
 */
export const storagePerTransfer = async (
  database: BenchDatabase,
  durationMs: number,
): Promise<Storage> => {
  const { admin } = database;
  const sizes = async (): Promise<Map<string, Sizes>> => {
    const { rows } = await admin.query<Sizes>(
      `SELECT c.relname AS name, pg_table_size(c.oid) AS rows, pg_indexes_size(c.oid) AS indexes
         FROM pg_class c
        WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind = 'r'
          AND c.relname NOT IN ('account', 'account_detail')`,
    );
    return new Map(rows.map((row) => [row.name, row]));
  };
  await database.reset();
  const before = await sizes();
  const clients = await connect(database.shard, 8);
  let transfers = 0;
  try {
    ({ transfers } = await driverLoop(clients, fullCall, 'spread', durationMs));
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
  await admin.query('TRUNCATE ledger.outbox');
  const tables = [...(await sizes()).values()]
    .map(({ name, rows, indexes }) => ({
      table: name,
      rowBytes: (Number(rows) - Number(before.get(name)?.rows ?? 0)) / transfers,
      indexBytes: (Number(indexes) - Number(before.get(name)?.indexes ?? 0)) / transfers,
    }))
    .filter(({ rowBytes, indexBytes }) => rowBytes + indexBytes >= 0.5);
  const totalBytes = tables.reduce((sum, table) => sum + table.rowBytes + table.indexBytes, 0);
  return { transfers, tables, totalBytes };
};
