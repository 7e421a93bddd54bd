import { kafkaClient } from '@atlas/kafka';
import { DeleteItemCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { testServices } from '../../support/services.ts';
import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

const topic = 'ledger.account.v1';
/** How many records of each partition come again. */
const again = 500n;

/** The consumer forgets how far it had come, and is handed again what it has had. */
export const redelivery: Experiment<World> = {
  name: 'redelivery',
  hypothesis: 'Events that are delivered again change nothing.',
  blastRadius: 'group',
  runbook: undefined,
  tells: [],
  inject: async ({ world, evidence, hold }) => {
    await hold(500);
    const { process, group } = world.pipeline;
    process.terminate();
    await process.ended();
    const { awsEndpoint: endpoint, kafkaBrokers: brokers } = testServices();
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const dynamo = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
    const TableName = world.environment.ATLAS_CHECKPOINTS_TABLE ?? '';
    const { Items = [] } = await dynamo.send(new ScanCommand({ TableName }));
    for (const { pk } of Items) {
      if (pk !== undefined) await dynamo.send(new DeleteItemCommand({ TableName, Key: { pk } }));
    }
    const admin = kafkaClient({ brokers, clientId: 'chaos', auth: 'none' }).admin();
    await admin.connect();
    try {
      const ends = await admin.fetchTopicOffsets(topic);
      const partitions = ends.map(({ partition, low, high }) => {
        const back = BigInt(high) - again;
        const offset = back > BigInt(low) ? back : BigInt(low);
        evidence('records delivered again', Number(BigInt(high) - offset));
        return { partition, offset: offset.toString() };
      });
      await admin.setOffsets({ groupId: group, topic, partitions });
    } finally {
      await admin.disconnect();
    }
    await process.restart();
  },
};
