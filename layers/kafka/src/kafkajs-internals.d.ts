/** kafkajs has no types for its internals; this one is patched by calm-request-queue.ts. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  const RequestQueue: unknown;
  export default RequestQueue;
}
