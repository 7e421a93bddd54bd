/**
 * The bare driver: calls the posting function from a process of its own over one connection, without
 * a handler and without a Runtime API. Its parent says when and for how long.
 */
import { encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { connect, driverLoop } from './driver-loop.ts';
import { fullCall, type Shape } from './posting-calls.ts';

const clients = await connect(JSON.parse(process.env.BENCH_DATABASE ?? '{}'), 1);

process.on('message', ({ shape, durationMs }: { shape: Shape; durationMs: number }) => {
  driverLoop(clients, fullCall, shape, durationMs).then(
    ({ transfers, latencies }) =>
      process.send?.({ transfers, latencies: encodeIntoCompressedBase64(latencies) }),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
