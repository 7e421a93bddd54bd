import type pg from 'pg';

/** Plants an account's event, as the superuser that a test may be. Answers with the row's id. */
export const plantEvent = async (
  client: pg.Client,
  wishes: {
    readonly tenant: string;
    readonly accountId: string;
    readonly type: string;
    readonly payload: object;
  },
): Promise<bigint> => {
  const { rows } = await client.query(
    `INSERT INTO ledger.outbox (aggregate_id, written_at, partition, slot, kind, tenant, event_type, payload)
     VALUES ($1, clock_timestamp(), $2, ledger.slot_of($2), 'a', $3, $4, $5) RETURNING id::text`,
    [
      wishes.accountId,
      Number.parseInt(wishes.accountId.slice(15, 17), 16),
      wishes.tenant,
      wishes.type,
      wishes.payload,
    ],
  );
  return BigInt(rows[0].id);
};
