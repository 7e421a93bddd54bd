import { deadlineIn } from '@atlas/domain';
import { consumerLags } from '@atlas/kafka';
import { postgresIntakeSweep, postgresOutboxes } from '@atlas/postgres';
import { consumers } from '../functions/manifest.ts';
import { databaseName } from './databases.ts';
import { localMetricStore } from './local-fleet.ts';
import { metricTables } from './metric-tables.ts';
import type { Outputs } from './outputs.ts';
import type { LocalSecrets } from './secrets.ts';

const soon = () => ({ deadline: deadlineIn(Date.now(), 5_000) });

/**
 * Prints what waits in each outbox and in the intake, how many records each consumer is behind, and what functions,
 * dependencies and transfers were counted, which is told some seconds late.
 */
export const printMetrics = async (outputs: Outputs, secrets: LocalSecrets): Promise<void> => {
  const shards = outputs.postgres.filter(({ name }) => name.startsWith('postgres-'));
  const as = (role: 'relay' | 'jobs') =>
    shards.map(({ host, port }, id) => ({
      id,
      host,
      port,
      database: databaseName,
      user: `atlas_${role}`,
      password: secrets.passwords[role],
      tls: false,
    }));
  const relayed = postgresOutboxes({ shards: as('relay'), namedStatements: true });
  for (const outbox of relayed.outboxes) {
    const depth = await outbox.depth();
    console.log(
      `outbox of shard ${outbox.shard}: ${depth.waiting} waiting,` +
        ` the oldest for ${depth.oldestAgeMs} ms, ${depth.parked} parked`,
    );
  }
  await relayed.close();
  const sweep = postgresIntakeSweep({ shards: as('jobs'), namedStatements: false });
  const { waiting, oldestAgeMs, failing } = await sweep.depth(soon());
  console.log(
    `intake: ${waiting} waiting, the oldest for ${oldestAgeMs} ms, ${failing} that failed before`,
  );
  await sweep.close();
  const brokers = outputs.kafkaBrokers.split(',');
  const connection = { brokers, clientId: 'metrics', auth: 'none' } as const;
  for (const { group, topic, records } of await consumerLags(connection, consumers)) {
    console.log(`consumer ${group}: ${records} records behind on ${topic}`);
  }
  const told = await localMetricStore(outputs.awsEndpoint).readAll(soon());
  for (const table of metricTables(told)) console.log(`\n${table}`);
};
