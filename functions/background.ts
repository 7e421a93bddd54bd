import {
  type BackgroundRun,
  type BackgroundSettings,
  type QueueConsumer,
  type StreamConsumer,
  background as wrap,
  queueConsumer as wrapQueue,
  streamConsumer as wrapStream,
} from '@atlas/runtime';
import type { Context } from 'aws-lambda';
import { fleetMetrics } from './services/fleet-metrics.ts';

const surroundings = { fleet: fleetMetrics };

/** A relay, job or trigger that tells the fleet what it counted and measured. */
export const background = <Event, Result>(
  settings: BackgroundSettings,
  work: (event: Event, run: BackgroundRun, context: Context) => Promise<Result>,
) => wrap(settings, work, surroundings);

/** The same for a consumer of a topic. */
export const streamConsumer = (consumer: StreamConsumer) => wrapStream(consumer, surroundings);

/** The same for a consumer of a queue. */
export const queueConsumer = <Message extends object>(consumer: QueueConsumer<Message>) =>
  wrapQueue(consumer, surroundings);
