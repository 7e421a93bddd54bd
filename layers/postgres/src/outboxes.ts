import { deadlineIn, type Outbox, type OutboxLease, type OutboxRow } from '@atlas/domain';
import { composeEvents, type OutboxPostingRow } from './compose-events.ts';
import { openShards, type ShardOptions } from './open-shards.ts';
import type { Shard, Statement } from './shard.ts';

const statement = (name: string, text: string): Statement => ({ name, text });

const sql = {
  acquire: statement('acquire_slot', 'SELECT ledger.acquire_slot($1, $2, $3) AS epoch'),
  release: statement('release_slot', 'SELECT ledger.release_slot($1, $2)'),
  read: statement('read_outbox', 'SELECT * FROM ledger.read_outbox($1, $2)'),
  parkedKeys: statement(
    'parked_keys',
    'SELECT p.aggregate_id FROM ledger.outbox_parked p WHERE p.aggregate_id = ANY ($1)',
  ),
  acknowledge: statement(
    'acknowledge_outbox',
    'SELECT ledger.acknowledge_outbox($1, $2, $3) AS held',
  ),
  fail: statement('fail_outbox', 'SELECT ledger.fail_outbox($1, $2, $3) AS attempts'),
  park: statement('park_outbox', 'SELECT ledger.park_outbox($1, $2, $3, $4)'),
  depth: statement('outbox_depth', 'SELECT * FROM ledger.outbox_depth()'),
} as const;

/** No relay call has a caller who waits, so each is bounded by its role's own time-out. */
const callBudgetMs = 30_000;

export interface PostgresOutboxes {
  readonly outboxes: readonly Outbox[];
  close(): Promise<void>;
}

/** The outboxes of the shards, for a relay to drain, as the role atlas_relay. */
export const postgresOutboxes = (options: ShardOptions): PostgresOutboxes => {
  const { shards, close } = openShards(options);
  return { outboxes: shards.map(outboxOf), close };
};

const outboxOf = (shard: Shard): Outbox => {
  // Every call may be made twice: renewing, deleting and parking again change nothing more, and a
  // failure that is counted twice parks a poison row one attempt sooner.
  const run = <Row extends Record<string, unknown>>(text: Statement, values: readonly unknown[]) =>
    shard.run<Row>(text, values, {
      deadline: deadlineIn(Date.now(), callBudgetMs),
      effect: 'read',
    });

  const park = (
    lease: OutboxLease,
    rows: readonly OutboxRow[],
    keys: ReadonlySet<string>,
    reason: string,
  ) => run(sql.park, [lease.slot, rows.map((row) => row.id), [...keys], reason]);

  return {
    shard: shard.id,

    async acquire(slot, holder, ttlMs) {
      const [row] = await run<{ epoch: bigint | null }>(sql.acquire, [
        slot,
        holder,
        `${ttlMs} milliseconds`,
      ]);
      const epoch = row?.epoch ?? null;
      return epoch === null ? undefined : { shard: shard.id, slot, holder, epoch };
    },

    async release(lease) {
      await run(sql.release, [lease.slot, lease.epoch]);
    },

    async read(lease, limit) {
      for (;;) {
        const rows = await run<OutboxPostingRow>(sql.read, [lease.slot, limit]);
        if (rows.length === 0) return [];
        const candidates = expand(rows);
        const keys = [...new Set(candidates.flatMap(keysOf))];
        const parked = await run<{ aggregate_id: string }>(sql.parkedKeys, [keys]);
        if (parked.length === 0) return candidates;
        const { free, behind, blocked } = separate(
          candidates,
          new Set(parked.map((row) => row.aggregate_id)),
        );
        if (behind.length > 0) await park(lease, behind, blocked, 'behind a parked event');
        // A page on which nothing is free says nothing of those after it.
        if (free.length > 0) return free;
      }
    },

    async acknowledge(lease, ids) {
      const values = [lease.slot, lease.epoch, ids];
      const [row] = await run<{ held: boolean }>(sql.acknowledge, values);
      return row?.held === true;
    },

    async fail(lease, id, reason, maxAttempts) {
      const values = [lease.slot, lease.epoch, id];
      const [row] = await run<{ attempts: number | null }>(sql.fail, values);
      if ((row?.attempts ?? 0) < maxAttempts) return false;
      const failed = await this.read(lease, 1_000);
      const poison = failed.find((candidate) => candidate.id === id);
      if (poison === undefined) return false;
      await park(lease, [poison], new Set(keysOf(poison)), reason);
      return true;
    },

    async depth() {
      const [row] = await run<{ waiting: bigint; oldest_age_ms: bigint; parked: bigint }>(
        sql.depth,
        [],
      );
      return {
        waiting: Number(row?.waiting ?? 0n),
        oldestAgeMs: Number(row?.oldest_age_ms ?? 0n),
        parked: Number(row?.parked ?? 0n),
      };
    },
  };
};

const keysOf = (row: OutboxRow): string[] => [
  row.aggregateId,
  ...row.messages.map((message) => message.key),
];

/** One row that cannot be read must not keep the others of its slot from being sent. */
const composed = (
  group: readonly OutboxPostingRow[],
): Pick<OutboxRow, 'messages' | 'malformed'> => {
  try {
    return { messages: composeEvents(group) };
  } catch (error) {
    return { messages: [], malformed: `no event can be composed: ${String(error)}` };
  }
};

const expand = (rows: readonly OutboxPostingRow[]): OutboxRow[] => {
  const byId = new Map<bigint, OutboxPostingRow[]>();
  for (const row of rows) {
    const known = byId.get(row.id);
    if (known === undefined) byId.set(row.id, [row]);
    else known.push(row);
  }
  return [...byId.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [
      {
        id: first.id,
        partition: first.partition,
        aggregateId: first.aggregate_id,
        writtenAt: first.written_at,
        attempts: first.attempts,
        ...composed(group),
      },
    ];
  });
};

/**
 * Whatever shares a key with a parked event waits behind it, and so does what shares a key with
 * that, in order; everything else is free to go.
 */
const separate = (rows: readonly OutboxRow[], parked: ReadonlySet<string>) => {
  const blocked = new Set(parked);
  const free: OutboxRow[] = [];
  const behind: OutboxRow[] = [];
  for (const row of rows) {
    const keys = keysOf(row);
    if (keys.some((key) => blocked.has(key))) {
      for (const key of keys) blocked.add(key);
      behind.push(row);
    } else {
      free.push(row);
    }
  }
  return { free, behind, blocked };
};
