import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { durations, percentileMs, record } from '../statistics.ts';
import type { Sample } from './open-loop.ts';
import type { Route } from './routes.ts';

/** `shed`: turned away because there was too much. `failed`: anything else but a success. */
export const fates = ['served', 'shed', 'failed'] as const;
export type Fate = (typeof fates)[number];

export const fateOf = (status: number): Fate => {
  if (status >= 200 && status < 300) return 'served';
  return status === 429 || status === 503 ? 'shed' : 'failed';
};

export interface RouteAnswer {
  readonly route: Route;
  readonly status: number;
}

/** What happened to the requests that were due in one second of the run. */
export interface SecondFigures {
  readonly served: number;
  readonly shed: number;
  readonly failed: number;
  /** How many were served in this second, whenever they were due. */
  readonly servedNow: number;
  /** Of those that were served; NaN where none was, which JSON makes null. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

export interface RunResult {
  readonly durationMs: number;
  readonly counts: Readonly<Record<Fate | 'lost', number>>;
  readonly statuses: Readonly<Record<string, number>>;
  /** How many requests of each route were answered otherwise than with a success. */
  readonly unserved: Readonly<Partial<Record<Route, number>>>;
  /** Histograms of microseconds, encoded: of what was served by route, and of all that had a fate. */
  readonly routes: Readonly<Partial<Record<Route, string>>>;
  readonly fates: Readonly<Record<Fate, string>>;
  /** How much later than it was due the generator sent: what it adds to each latency. */
  readonly lateness: string;
  readonly seconds: readonly SecondFigures[];
}

interface Second {
  readonly counts: Record<Fate, number>;
  servedNow: number;
  readonly latencies: Histogram;
}

/** Two digits are enough for a point of a plot, and there may be hundreds of seconds. */
const coarse = (): Histogram =>
  build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 2,
  });

const secondOf = ({ counts, servedNow, latencies }: Second): SecondFigures => {
  const at = (percent: number) =>
    latencies.totalCount === 0 ? null : percentileMs(latencies, percent);
  return { ...counts, servedNow, p50Ms: at(50), p95Ms: at(95), p99Ms: at(99) };
};

/** Keeps what is needed of a run's samples, and no sample. */
export class Recorder {
  private readonly fates = { served: durations(), shed: durations(), failed: durations() };
  private readonly routes = new Map<Route, Histogram>();
  private readonly lateness = durations();
  private readonly statuses = new Map<number, number>();
  private readonly unserved = new Map<Route, number>();
  private readonly seconds: Second[] = [];

  note({ dueMs, latencyMs, lateMs, answer }: Sample<RouteAnswer>): void {
    const fate = fateOf(answer.status);
    record(this.fates[fate], latencyMs);
    record(this.lateness, lateMs);
    this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1);
    const second = this.secondAt(dueMs);
    second.counts[fate] += 1;
    if (fate !== 'served') {
      this.unserved.set(answer.route, (this.unserved.get(answer.route) ?? 0) + 1);
      return;
    }
    record(second.latencies, latencyMs);
    record(this.ofRoute(answer.route), latencyMs);
    this.secondAt(dueMs + latencyMs).servedNow += 1;
  }

  result(durationMs: number, lost: number): RunResult {
    const { served, shed, failed } = this.fates;
    return {
      durationMs,
      counts: {
        served: served.totalCount,
        shed: shed.totalCount,
        failed: failed.totalCount,
        lost,
      },
      statuses: Object.fromEntries(this.statuses),
      unserved: Object.fromEntries(this.unserved),
      routes: Object.fromEntries(
        [...this.routes].map(([route, one]) => [route, encodeIntoCompressedBase64(one)]),
      ),
      fates: {
        served: encodeIntoCompressedBase64(served),
        shed: encodeIntoCompressedBase64(shed),
        failed: encodeIntoCompressedBase64(failed),
      },
      lateness: encodeIntoCompressedBase64(this.lateness),
      seconds: this.seconds.map(secondOf),
    };
  }

  private ofRoute(route: Route): Histogram {
    const known = this.routes.get(route) ?? durations();
    this.routes.set(route, known);
    return known;
  }

  private secondAt(atMs: number): Second {
    const place = Math.floor(atMs / 1_000);
    while (this.seconds.length <= place) {
      const counts = { served: 0, shed: 0, failed: 0 };
      this.seconds.push({ counts, servedNow: 0, latencies: coarse() });
    }
    return this.seconds[place] as Second;
  }
}
