import { relayOutbox } from '@atlas/kafka';
import { countTransfers, currentTracer, isTracing, spanAbove } from '@atlas/runtime';
import { background } from '../background.ts';
import { relays } from '../manifest.ts';
import { eventLog } from '../services/event-log.ts';
import { outboxes } from '../services/outboxes.ts';
import { rowOf } from '../services/row-of.ts';

const settings = rowOf(relays, 'publish-outbox');

/** Drains the outboxes of all shards into Kafka, then ends; a rule starts it every minute. */
export const handler = background(settings, async (_event: unknown, run) => {
  const published = await relayOutbox({
    outboxes: outboxes().outboxes,
    log: eventLog(),
    signal: run.signal,
    until: 'drained',
    onPublished: (events) => countTransfers(events),
    ...(isTracing() ? { tracing: { tracer: currentTracer(), parent: spanAbove() } } : {}),
    onParked: (row) => {
      run.count('EventsParked', 1);
      const rowId = row.id.toString();
      run.fault('an outbox row is parked; outbox_parked says why', undefined, { rowId });
    },
    onFailure: (error) => run.fault('a batch could not be published', error),
  });
  run.count('EventsPublished', published);
  run.note({ published });
  return { published };
});
