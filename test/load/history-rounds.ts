import { randomInt } from 'node:crypto';
import { makeId } from '@atlas/domain';
import type pg from 'pg';
import type { BenchDatabase } from './bench-database.ts';
import { connect } from './driver-loop.ts';
import { home, tenant } from './posting-calls.ts';
import { interleaved, median, ratio } from './statistics.ts';

export interface HistoryComparison {
  readonly question: 'asOf' | 'effectiveAt';
  /** Entries of the account, and the median time of one answer. */
  readonly short: { readonly entries: number; readonly medianMs: number };
  readonly long: { readonly entries: number; readonly medianMs: number };
  /** The long history's time over the short one's. */
  readonly ratio: number;
}

const minuteMs = 60_000;
const chunk = 50_000;

/** An account with an entry a minute until now, each with a business time up to a month off. */
const accountWith = async (admin: pg.Client, entries: number): Promise<string> => {
  const account = makeId(1_600_000_000_000 + entries, home, new Uint8Array(9));
  const values = [tenant, account, home];
  await admin.query(
    `INSERT INTO ledger.account (tenant, account_id, asset, partition, version, recorded_at)
     VALUES ($1, $2, 'EUR', $3, ${entries + 1}, now())`,
    values,
  );
  await admin.query(
    `INSERT INTO ledger.account_detail (tenant, account_id, partition, opened_at)
     VALUES ($1, $2, $3, now() - interval '10 years')`,
    values,
  );
  for (let first = 1; first <= entries; first += chunk) {
    const last = Math.min(entries, first + chunk - 1);
    await admin.query(
      `WITH made AS (
         SELECT array_agg(ROW($2, m.id, m.n + 1, 1, m.n, m.at, $3, 'p', 'c', $1, NULL, NULL)::ledger.entry)
                  AS entries,
                array_agg(ROW(m.id, uuidv7(), $2, 1, 1, m.n + 1, m.at,
                  m.at + (random() * 60 - 30) * interval '1 day', $3, 1, $1, NULL, NULL, NULL, NULL, NULL,
                  NULL                  )::ledger.transfer) AS transfers
           FROM (SELECT n, uuidv7() AS id, now() - (${entries} - n) * interval '1 minute' AS at
                   FROM generate_series(${first}, ${last}) AS n) AS m
       ), kept AS (
         INSERT INTO ledger.entry SELECT e.* FROM made, unnest(made.entries) AS e
       )
       SELECT ledger.shift_effective($1, made.entries, made.transfers) FROM made`,
      values,
    );
  }
  return account;
};

const functions = { asOf: 'balance_as_of', effectiveAt: 'balance_effective_at' } as const;

/** The same question about accounts of a thousand and of a million entries, at any time of theirs. */
export const compareHistories = async (
  database: BenchDatabase,
  plan: { readonly entries: readonly [number, number]; readonly rounds: number },
): Promise<readonly HistoryComparison[]> => {
  const [few, many] = plan.entries;
  await database.reset();
  const accounts = new Map([
    [few, await accountWith(database.admin, few)],
    [many, await accountWith(database.admin, many)],
  ]);
  await database.admin.query('VACUUM (ANALYZE) ledger.entry');
  await database.admin.query('VACUUM (ANALYZE) ledger.effective_shift');
  await database.admin.query('CHECKPOINT');
  const [client] = await connect(database.shard, 1);
  if (client === undefined) throw new Error('there is no connection');
  try {
    const comparisons: HistoryComparison[] = [];
    for (const question of ['asOf', 'effectiveAt'] as const) {
      const text = `SELECT * FROM ledger.${functions[question]}($1, $2, $3)`;
      const medians = new Map<number, number[]>([
        [few, []],
        [many, []],
      ]);
      for (const entries of interleaved([few, many], plan.rounds)) {
        const times: number[] = [];
        for (let i = 0; i < 500; i += 1) {
          const at = new Date(Date.now() - randomInt(2, entries) * minuteMs);
          const startedMs = performance.now();
          const values = [tenant, accounts.get(entries), at];
          const { rows } = await client.query({ name: question, text, values });
          times.push(performance.now() - startedMs);
          if (rows.length !== 1) throw new Error(`${question} answered nothing`);
        }
        medians.get(entries)?.push(median(times));
      }
      const [short, long] = [medians.get(few) ?? [], medians.get(many) ?? []];
      comparisons.push({
        question,
        short: { entries: few, medianMs: median(short) },
        long: { entries: many, medianMs: median(long) },
        ratio: ratio(long, short),
      });
    }
    return comparisons;
  } finally {
    await client.end();
  }
};
