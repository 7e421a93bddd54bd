import type { Histogram } from 'hdr-histogram-js';
import pg from 'pg';
import { type Call, drawPosting, type Shape } from './posting-calls.ts';
import { durations, record } from './statistics.ts';

/** A `done`, in a column or in the one value that post_one answers with; the yardstick answers with balances. */
const isDone = (
  row: { readonly outcome?: string; readonly written?: string } | undefined,
): boolean => row !== undefined && (row.outcome ?? row.written?.slice(1, 5) ?? 'done') === 'done';

export const connect = async (config: pg.ClientConfig, connections: number) =>
  Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new pg.Client(config);
      await client.connect();
      return client;
    }),
  );

export interface LoopResult {
  readonly transfers: number;
  readonly elapsedMs: number;
  readonly latencies: Histogram;
}

/**
 * Calls one function as fast as it answers, on each connection one call at a time, by a named
 * statement. Every answer must be a posted transfer, else the figures would be of something else.
 */
export const driverLoop = async (
  clients: readonly pg.Client[],
  call: Call,
  shape: Shape,
  durationMs: number,
): Promise<LoopResult> => {
  const latencies = durations();
  const startedMs = performance.now();
  const endMs = startedMs + durationMs;
  let transfers = 0;
  await Promise.all(
    clients.map(async (client) => {
      let sentMs = performance.now();
      while (sentMs < endMs) {
        const values = call.values(() => drawPosting(shape));
        const { rows } = await client.query({ name: call.name, text: call.text, values });
        if (!isDone(rows[0])) throw new Error(`not posted: ${JSON.stringify(rows[0])}`);
        transfers += call.size;
        const nowMs = performance.now();
        record(latencies, nowMs - sentMs);
        sentMs = nowMs;
      }
    }),
  );
  return { transfers, elapsedMs: performance.now() - startedMs, latencies };
};
