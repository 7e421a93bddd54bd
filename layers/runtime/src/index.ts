export * from './background.ts';
export * from './config.ts';
export { readCursor, signCursor } from './cursor.ts';
export * from './endpoint-definition.ts';
export { refusalBody } from './failure-problems.ts';
export * from './http-endpoint.ts';
export { entityTag } from './if-match.ts';
export * from './problem.ts';
export * from './stream-consumer.ts';
