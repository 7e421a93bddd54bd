import type { Histogram } from 'hdr-histogram-js';
import type { Shape } from './posting-calls.ts';
import type { CpuMeter } from './process-cpu.ts';

export interface SideResult {
  readonly transfers: number;
  readonly elapsedMs: number;
  readonly latencies: Histogram;
  /** Of each request, what was spent outside the database; see environment.ts. */
  readonly outsideMs: readonly number[];
}

/** One of the two that are compared: processes that post transfers when told to. */
export interface Side {
  /** Of its processes, the load generator and Postgres not among them. */
  readonly cpu: CpuMeter;
  run(shape: Shape, durationMs: number): Promise<SideResult>;
  close(): Promise<void>;
}
