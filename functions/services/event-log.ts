import { deadlineIn, type EventLog } from '@atlas/domain';
import { type KafkaConnection, kafkaEventLog } from '@atlas/kafka';
import { demandAtStart, kafkaConfig, stageConfig } from '@atlas/runtime';
import { guardOf } from './guards.ts';
import { connectedOnce } from './once.ts';

demandAtStart(kafkaConfig);

export const kafkaConnection = (): KafkaConnection => ({
  brokers: kafkaConfig().ATLAS_KAFKA_BROKERS,
  auth: kafkaConfig().ATLAS_KAFKA_AUTH,
  clientId: 'atlas',
  region: stageConfig().AWS_REGION,
});

/** What is published may be read by then, or never by this call. */
const publishingMs = 20_000;

/** The event log, connected at the first publication. */
export const eventLog = connectedOnce((): EventLog => {
  const log = kafkaEventLog(kafkaConnection());
  return {
    ...log,
    publish: (messages) =>
      guardOf('kafka').run(() => log.publish(messages), {
        deadline: deadlineIn(Date.now(), publishingMs),
        effect: 'repeatable',
      }),
  };
});
