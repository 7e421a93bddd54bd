import type pg from 'pg';

/**
 * Each leaf of a shard, and where it is: 'outbox', 'waiting' or 'block', once for each time it is there.
 * One statement, so one snapshot.
 */
export const placesOfLeaves = async (
  admin: pg.Client,
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const { rows } = await admin.query<{ leaf: string; places: string[] }>(
    `SELECT concat_ws(' ', p.kind, p.partition, p.id, p.version) AS leaf,
            array_agg(p.place) AS places
       FROM (SELECT 'outbox' AS place, o.partition, o.aggregate_id AS id,
                    ledger.leaf_of(o.kind, o.event_type, o.payload)::text AS kind,
                    CASE o.event_type WHEN 'AccountEntered' THEN o.payload->>'version' ELSE '0' END
                      AS version
               FROM ledger.outbox o
              UNION ALL
             SELECT 'waiting', q.partition, q.id, q.kind::text, q.version::text
               FROM ledger.audit_pending q
              UNION ALL
             SELECT 'block', b.partition, l.id, l.kind, coalesce(l.version, 0)::text
               FROM ledger.audit_block b
              CROSS JOIN LATERAL unnest(string_to_array(b.kinds, NULL), b.ids, b.versions)
                 AS l(kind, id, version)) AS p
      WHERE p.kind IS NOT NULL
      GROUP BY 1`,
  );
  return new Map(rows.map(({ leaf, places }) => [leaf, places]));
};
