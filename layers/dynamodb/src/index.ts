export * from './balance-view.ts';
export * from './checkpoints.ts';
export * from './dynamodb-client.ts';
