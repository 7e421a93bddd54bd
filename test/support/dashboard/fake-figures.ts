/** Figures of a service that a test moves forward; as text they have the form of `GET /v1/ops/metrics`. */
export interface FakeFigures {
  readonly request: (name: string, latencyMs: number, failed?: boolean) => void;
  readonly refuse: (name: string, problem: string) => void;
  readonly call: (dependency: string, latencyMs: number, failed?: boolean) => void;
  readonly set: (metric: string, labels: Labels, value: number) => void;
  /** As a process does that is started anew. */
  readonly forgetCounters: () => void;
  readonly text: () => string;
}

export type Labels = Readonly<Record<string, string>>;

const bounds = [1, 5, 10, 25, 50, 100, 200, 300, 600, 1_000, 1_500, 2_500, 5_000];

const kinds = {
  atlas_requests_total: 'counter',
  atlas_failures_total: 'counter',
  atlas_refusals_total: 'counter',
  atlas_transfers_total: 'counter',
  atlas_dependency_calls_total: 'counter',
  atlas_dependency_failures_total: 'counter',
  atlas_duration_milliseconds: 'histogram',
  atlas_dependency_duration_milliseconds: 'histogram',
} as const;

const labelText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',');

export const fakeFigures = (): FakeFigures => {
  /** By family and series. */
  const counters = new Map<string, Map<string, number>>();
  const gauges = new Map<string, Map<string, number>>();

  const change = (
    into: Map<string, Map<string, number>>,
    family: string,
    series: string,
    next: (value: number) => number,
  ): void => {
    const known = into.get(family) ?? new Map<string, number>();
    into.set(family, known);
    known.set(series, next(known.get(series) ?? 0));
  };
  const grow = (family: string, labels: Labels, by: number): void =>
    change(counters, family, `${family}{${labelText(labels)}}`, (value) => value + by);
  const observe = (family: string, labels: Labels, value: number): void => {
    const part = (suffix: string, more: Labels, by: number) =>
      change(
        counters,
        family,
        `${family}${suffix}{${labelText({ ...labels, ...more })}}`,
        (before) => before + by,
      );
    for (const le of bounds) part('_bucket', { le: String(le) }, value <= le ? 1 : 0);
    part('_bucket', { le: '+Inf' }, 1);
    part('_sum', {}, value);
    part('_count', {}, 1);
  };

  return {
    request(name, latencyMs, failed = false) {
      grow('atlas_requests_total', { function: name }, 1);
      grow('atlas_failures_total', { function: name }, failed ? 1 : 0);
      observe('atlas_duration_milliseconds', { function: name }, latencyMs);
    },
    refuse: (name, problem) => grow('atlas_refusals_total', { function: name, problem }, 1),
    call(dependency, latencyMs, failed = false) {
      grow('atlas_dependency_calls_total', { dependency }, 1);
      grow('atlas_dependency_failures_total', { dependency }, failed ? 1 : 0);
      observe('atlas_dependency_duration_milliseconds', { dependency }, latencyMs);
    },
    set: (metric, labels, value) =>
      change(gauges, metric, `${metric}{${labelText(labels)}}`, () => value),
    forgetCounters: () => counters.clear(),
    text: () =>
      [...counters, ...gauges]
        .map(([family, series]) => {
          const type = kinds[family as keyof typeof kinds] ?? 'gauge';
          const lines = [...series].map(([one, value]) => `${one} ${value}`);
          return [`# HELP ${family} ${family}`, `# TYPE ${family} ${type}`, ...lines].join('\n');
        })
        .join('\n')
        .concat('\n'),
  };
};
