import { kafkaClient } from '@atlas/kafka';
import { postgresOutboxes } from '@atlas/postgres';
import { consumers } from '../functions/manifest.ts';
import { databaseName } from './databases.ts';
import type { Outputs } from './outputs.ts';
import type { LocalSecrets } from './secrets.ts';

/** Prints what waits in each outbox, and how many records each consumer is behind. */
export const printMetrics = async (outputs: Outputs, secrets: LocalSecrets): Promise<void> => {
  const shards = outputs.postgres.filter(({ name }) => name.startsWith('postgres-'));
  const relayed = postgresOutboxes({
    shards: shards.map(({ host, port }, id) => ({
      id,
      host,
      port,
      database: databaseName,
      user: 'atlas_relay',
      password: secrets.passwords.relay,
      tls: false,
    })),
  });
  for (const outbox of relayed.outboxes) {
    const depth = await outbox.depth();
    console.log(
      `outbox of shard ${outbox.shard}: ${depth.waiting} waiting,` +
        ` the oldest for ${depth.oldestAgeMs} ms, ${depth.parked} parked`,
    );
  }
  await relayed.close();
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
