import type { MetricFamily, MetricType } from './parse-metrics.ts';

/** The values of one series, one for each time of the ring; NaN where there is none. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

export interface RecordedFamily {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly series: readonly Series[];
}

export interface SampleRing {
  /** When the source was asked, oldest first, in milliseconds. */
  readonly times: readonly number[];
  /** Whether it answered then. */
  readonly answered: readonly boolean[];
  /** Series that were not kept, because there were too many. */
  readonly dropped: number;
  /** Records an answer; without families, that there was none. */
  readonly add: (atMs: number, families?: readonly MetricFamily[]) => void;
  readonly families: () => readonly RecordedFamily[];
}

interface OpenSeries extends Series {
  readonly values: number[];
}

interface OpenFamily {
  readonly name: string;
  type: MetricType;
  help: string;
  readonly series: Map<string, OpenSeries>;
}

const keyOf = (name: string, labels: Readonly<Record<string, string>>): string =>
  JSON.stringify([name, ...Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);

/**
 * The last so many answers of a source, in memory. Bounded both ways: the oldest answer makes room for the
 * newest, and of series that come after the limit none is kept, but counted.
 */
export const sampleRing = (limits: {
  readonly answers: number;
  readonly series: number;
}): SampleRing => {
  const times: number[] = [];
  const answered: boolean[] = [];
  const families = new Map<string, OpenFamily>();
  let dropped = 0;

  const all = (): OpenSeries[] =>
    [...families.values()].flatMap(({ series }) => [...series.values()]);

  const makeRoom = (): void => {
    if (times.length < limits.answers) return;
    times.shift();
    answered.shift();
    for (const family of families.values()) {
      for (const [key, { values }] of family.series) {
        values.shift();
        if (values.every(Number.isNaN)) family.series.delete(key);
      }
      if (family.series.size === 0) families.delete(family.name);
    }
  };

  const record = ({ name, type, help, samples }: MetricFamily, room: { left: number }): void => {
    const family = families.get(name) ?? { name, type, help, series: new Map() };
    families.set(name, family);
    Object.assign(family, { type, help });
    for (const sample of samples) {
      const key = keyOf(sample.name, sample.labels);
      let series = family.series.get(key);
      if (series === undefined) {
        if (room.left === 0) {
          dropped += 1;
          continue;
        }
        room.left -= 1;
        const before = Array.from({ length: times.length - 1 }, () => Number.NaN);
        series = { name: sample.name, labels: sample.labels, values: [...before, Number.NaN] };
        family.series.set(key, series);
      }
      series.values[times.length - 1] = sample.value;
    }
  };

  return {
    times,
    answered,
    get dropped() {
      return dropped;
    },
    add(atMs, found) {
      makeRoom();
      const known = all();
      for (const { values } of known) values.push(Number.NaN);
      times.push(atMs);
      answered.push(found !== undefined);
      const room = { left: limits.series - known.length };
      dropped = 0;
      for (const family of found ?? []) record(family, room);
    },
    families: () =>
      [...families.values()].map(({ series, ...rest }) => ({
        ...rest,
        series: [...series.values()],
      })),
  };
};
