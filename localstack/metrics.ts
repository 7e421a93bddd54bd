import { deadlineIn } from '@atlas/domain';
import { kafkaClient } from '@atlas/kafka';
import { postgresIntakeSweep, postgresOutboxes } from '@atlas/postgres';
import { consumers } from '../functions/manifest.ts';
import { databaseName } from './databases.ts';
import type { Outputs } from './outputs.ts';
import type { LocalSecrets } from './secrets.ts';

/** Prints what waits in each outbox and in the intake, and how many records each consumer is behind. */
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
  const { waiting, oldestAgeMs, failing } = await sweep.depth({
    deadline: deadlineIn(Date.now(), 5_000),
  });
  console.log(
    `intake: ${waiting} waiting, the oldest for ${oldestAgeMs} ms, ${failing} that failed before`,
  );
  await sweep.close();
  const admin = kafkaClient({
    brokers: outputs.kafkaBrokers.split(','),
    clientId: 'metrics',
    auth: 'none',
  }).admin();
  await admin.connect();
  for (const { group, topic } of consumers) {
    const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const ends = await admin.fetchTopicOffsets(topic);
    const lag = ends.reduce((sum, { partition, high }) => {
      const at = committed?.partitions.find((p) => p.partition === partition)?.offset ?? '0';
      return sum + Number(high) - Math.max(0, Number(at));
    }, 0);
    console.log(`consumer ${group}: ${lag} records behind on ${topic}`);
  }
  await admin.disconnect();
};
