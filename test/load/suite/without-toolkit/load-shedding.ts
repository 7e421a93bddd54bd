export * from '../../../../layers/runtime/src/load-shedding.ts';

/** No request has waited, so none is shed and none has less time. */
export const waitedMs = (): number => 0;
