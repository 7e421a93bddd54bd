import type { EventLog } from '@atlas/domain';
import { type KafkaConnection, kafkaEventLog } from '@atlas/kafka';
import { demandAtStart, kafkaConfig, stageConfig } from '@atlas/runtime';
import { once } from './once.ts';

demandAtStart(kafkaConfig);

export const kafkaConnection = (): KafkaConnection => ({
  brokers: kafkaConfig().ATLAS_KAFKA_BROKERS,
  auth: kafkaConfig().ATLAS_KAFKA_AUTH,
  clientId: 'atlas',
  region: stageConfig().AWS_REGION,
});

/** The event log, connected at the first publication. */
export const eventLog = once((): EventLog => kafkaEventLog(kafkaConnection()));
