export * from './balance-view.ts';
export * from './breaker-store.ts';
export * from './checkpoints.ts';
export * from './dynamodb-client.ts';
export * from './metric-store.ts';
export * from './open-breakers.ts';
export * from './quota-store.ts';
