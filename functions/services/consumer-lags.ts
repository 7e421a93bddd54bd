import { type CallContext, Fault } from '@atlas/domain';
import { type ConsumerLag, consumerLags } from '@atlas/kafka';
import { consumers } from '../manifest.ts';
import { kafkaConnection } from './event-log.ts';
import { guardOf } from './guards.ts';

/**
 * How far each consumer of the manifest is behind. Throws `Fault`. With a guard of its own: that this is not answered
 * must keep nobody from publishing.
 */
export const readConsumerLags = ({ deadline }: CallContext): Promise<readonly ConsumerLag[]> =>
  guardOf('kafka', 'admin').run(
    () =>
      consumerLags(kafkaConnection(), consumers).catch((error: unknown) => {
        const message = 'Kafka does not say how far the consumers are';
        throw new Fault('dependency-unavailable', message, { cause: error });
      }),
    { deadline, effect: 'repeatable' },
  );
