import { ensureTopics } from '@atlas/kafka';
import { topics } from '../manifest.ts';
import { kafkaConnection } from './event-log.ts';

/** Creates the manifest's topics that are missing, and answers with their names. */
export const createTopics = (): Promise<readonly string[]> =>
  ensureTopics(kafkaConnection(), topics);
