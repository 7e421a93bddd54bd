import { added, increases, sumFrom } from './increases.ts';
import { type Bucket, quantileOf } from './quantile.ts';
import type { RecordedFamily, SampleRing, Series } from './sample-ring.ts';

type Labels = Readonly<Record<string, string>>;

const has = (labels: Labels, wanted: Labels): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

const boundOf = ({ labels }: Series): number =>
  Number((labels.le ?? '').replace('Inf', 'Infinity'));

/** Questions to what a ring holds. Answers are null where nothing is known. */
export interface Window {
  readonly family: (name: string) => RecordedFamily | undefined;
  /** A counter's rate over the last so many milliseconds; 0 where the source answered and named none. */
  readonly perSecond: (name: string, labels: Labels, overMs: number) => number | null;
  /** How much a counter grew in all the time that is kept. */
  readonly total: (name: string, labels: Labels) => number;
  readonly quantile: (name: string, labels: Labels, overMs: number, q: number) => number | null;
  readonly observations: (name: string, labels: Labels, overMs: number) => number;
  /** The newest value of a gauge. */
  readonly latest: (name: string, labels: Labels) => number | null;
  /** The different values of a label in a family. */
  readonly valuesOf: (name: string, label: string) => readonly string[];
}

export const windowOf = (ring: SampleRing): Window => {
  const { times, answered } = ring;
  const families = new Map(ring.families().map((family) => [family.name, family]));
  const lastAnswer = answered.lastIndexOf(true);
  const seriesOf = (name: string, labels: Labels): readonly Series[] =>
    (families.get(name)?.series ?? []).filter((series) => has(series.labels, labels));

  /** The first sample of the last so many milliseconds, and how long it is since the one before. */
  const since = (overMs: number): { from: number; seconds: number } | undefined => {
    const end = times.at(-1) ?? 0;
    const from = Math.max(
      1,
      times.findIndex((at) => at > end - overMs),
    );
    const start = answered.slice(0, from).lastIndexOf(true);
    const first = start === -1 ? answered.indexOf(true) : start;
    if (first === -1 || lastAnswer <= first || lastAnswer < from) return undefined;
    const seconds = ((times[lastAnswer] ?? 0) - (times[first] ?? 0)) / 1_000;
    return { from: first + 1, seconds };
  };
  const grown = (series: readonly Series[], from: number): number =>
    series.reduce((sum, { values }) => sum + sumFrom(increases(values, answered), from), 0);
  const bucketsOf = (name: string, labels: Labels, from: number): readonly Bucket[] => {
    const buckets = seriesOf(name, labels).filter((series) => series.name === `${name}_bucket`);
    return [...Map.groupBy(buckets, boundOf)].map(([le, group]) => ({
      le,
      count: grown(group, from),
    }));
  };

  return {
    family: (name) => families.get(name),
    perSecond(name, labels, overMs) {
      const span = since(overMs);
      if (span === undefined) return null;
      return grown(seriesOf(name, labels), span.from) / span.seconds;
    },
    total: (name, labels) => grown(seriesOf(name, labels), 0),
    quantile(name, labels, overMs, q) {
      const span = since(overMs);
      if (span === undefined) return null;
      return quantileOf(bucketsOf(name, labels, span.from), q) ?? null;
    },
    observations(name, labels, overMs) {
      const span = since(overMs);
      if (span === undefined) return 0;
      const counts = seriesOf(name, labels).filter((series) => series.name === `${name}_count`);
      return grown(counts, span.from);
    },
    latest(name, labels) {
      if (answered.at(-1) !== true) return null;
      const values = seriesOf(name, labels).map((series) => series.values);
      const sum = added(values, times.length).at(-1) ?? Number.NaN;
      return Number.isNaN(sum) ? null : sum;
    },
    valuesOf: (name, label) => [
      ...new Set((families.get(name)?.series ?? []).flatMap(({ labels }) => labels[label] ?? [])),
    ],
  };
};
