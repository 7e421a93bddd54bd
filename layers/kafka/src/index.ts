export * from './cloud-event.ts';
export * from './consumer-lag.ts';
export * from './ensure-topics.ts';
export { eventError } from './event-schemas.ts';
export * from './kafka-client.ts';
export * from './kafka-event-log.ts';
export * from './relay-outbox.ts';
export type { RelayTracing } from './trace-rows.ts';
