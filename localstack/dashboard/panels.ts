import type { SloTier } from '../../functions/manifest.ts';
import type { PanelState } from './dashboard-state.ts';
import { added, increases } from './increases.ts';
import { quantileOf } from './quantile.ts';
import type { RecordedFamily, SampleRing, Series } from './sample-ring.ts';

/** How many answers a chart shows. */
const chartAnswers = 180;
/** A percentile is taken over so many answers, because one holds too few observations. */
const quantileAnswers = 12;
const drawnQuantile = 0.95;
/** Lines that can be told apart. */
const mostSeries = 8;

const sections: readonly (readonly [pattern: RegExp, section: string])[] = [
  [/^atlas_(?:dependency|breaker)_/, 'Dependencies'],
  [/^atlas_(?:outbox|consumer)_/, 'Outbox and consumers'],
];

const sectionOf = (family: string): string =>
  sections.find(([pattern]) => pattern.test(family))?.[1] ?? 'Everything else';

const units: Readonly<Record<string, string>> = {
  milliseconds: 'ms',
  seconds: 's',
  bytes: 'bytes',
  records: 'records',
};

/** `atlas_outbox_oldest_age_milliseconds` → "Outbox oldest age", in ms. */
const titleOf = ({ name, type }: RecordedFamily): { title: string; unit: string } => {
  const words = name
    .replace(/^atlas_/, '')
    .replace(/_total$/, '')
    .split('_');
  const unit = units[words.at(-1) ?? ''] ?? '';
  if (unit !== '' && words.length > 1) words.pop();
  const text = words.join(' ');
  const title = text.charAt(0).toUpperCase() + text.slice(1);
  if (type === 'counter') return { title, unit: `${unit} a second`.trim() };
  return type === 'histogram' ? { title: `${title}: p95`, unit } : { title, unit };
};

type Line = { readonly label: string; readonly values: readonly number[] };

const labelOf = ({ labels }: Series): string =>
  Object.entries(labels)
    .filter(([name]) => name !== 'le')
    .map(([, value]) => value)
    .join(' · ');

const rateLine = (ring: SampleRing, group: readonly Series[]): readonly number[] => {
  const grown = added(
    group.map(({ values }) => increases(values, ring.answered)),
    ring.times.length,
  );
  let lastMs = Number.NaN;
  return grown.map((value, i) => {
    if (ring.answered[i] !== true) return Number.NaN;
    const seconds = ((ring.times[i] ?? 0) - lastMs) / 1_000;
    lastMs = ring.times[i] ?? 0;
    return value / seconds;
  });
};

const quantileLine = (ring: SampleRing, group: readonly Series[]): readonly number[] => {
  const buckets = group
    .filter(({ name }) => name.endsWith('_bucket'))
    .map(({ labels, values }) => ({
      le: Number((labels.le ?? '').replace('Inf', 'Infinity')),
      grown: increases(values, ring.answered),
    }));
  return ring.times.map((_at, i) => {
    if (ring.answered[i] !== true) return Number.NaN;
    const counts = buckets.map(({ le, grown }) => ({
      le,
      count: grown
        .slice(Math.max(0, i + 1 - quantileAnswers), i + 1)
        .reduce((sum, one) => (Number.isNaN(one) ? sum : sum + one), 0),
    }));
    return quantileOf(counts, drawnQuantile) ?? Number.NaN;
  });
};

const gaugeLine = (ring: SampleRing, group: readonly Series[]): readonly number[] =>
  added(
    group.map(({ values }) => values),
    ring.times.length,
  );

const lineOf = (type: RecordedFamily['type']) => {
  if (type === 'counter') return rateLine;
  return type === 'histogram' ? quantileLine : gaugeLine;
};

const weightOf = ({ values }: Line): number =>
  values.reduce((sum, value) => (Number.isNaN(value) ? sum : sum + value), 0);

/**
 * One chart for each family of metrics that the source has, whatever it is called: counters by the second,
 * histograms by their p95, everything else as it is. What is told of functions has one for each tier.
 */
export const panelsOf = (
  ring: SampleRing,
  tierOf: (functionName: string) => SloTier | undefined,
): readonly PanelState[] => {
  const from = Math.max(0, ring.times.length - chartAnswers);
  const panel = (
    family: RecordedFamily,
    series: readonly Series[],
    place: Pick<PanelState, 'id' | 'section'>,
  ): PanelState => {
    const { title, unit } = titleOf(family);
    const lines = [...Map.groupBy(series, labelOf)]
      .map(
        ([label, group]): Line => ({
          label: label === '' ? title : label,
          values: lineOf(family.type)(ring, group).slice(from),
        }),
      )
      .sort((a, b) => weightOf(b) - weightOf(a));
    return {
      ...place,
      title,
      unit,
      series: lines.slice(0, mostSeries).map(({ label, values }) => ({
        label,
        values: values.map((value) => (Number.isFinite(value) ? value : null)),
      })),
      hidden: Math.max(0, lines.length - mostSeries),
    };
  };
  return ring.families().flatMap((family) => {
    const { name, series } = family;
    const byTier = Map.groupBy(series, ({ labels }) => tierOf(labels.function ?? ''));
    return [...byTier].map(([tier, members]) =>
      tier === undefined
        ? panel(family, members, { id: name, section: sectionOf(name) })
        : panel(family, members, { id: `${name}-${tier}`, section: `Tier ${tier}` }),
    );
  });
};
