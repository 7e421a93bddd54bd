/** A counter only grows, a gauge is as it was measured last, a histogram counts durations by their length. */
export type MetricKind = 'counter' | 'gauge' | 'histogram';

export type MetricUnit = 'count' | 'milliseconds' | 'minor-units';

/**
 * What tells the series of a metric apart. Each has few values, which are known here or chosen by whoever
 * runs a deployment; a tenant, an id or a trace is none of them.
 */
export type MetricLabel =
  | 'function'
  | 'problem'
  | 'dependency'
  | 'asset'
  | 'shard'
  | 'group'
  | 'topic';

/**
 * How CloudWatch gets it. `line`: in the one line of a request or run, by function. `told`: summed up in a line
 * by its labels, each time the process tells the fleet what it counted.
 */
export type CloudWatchForm = 'line' | 'told';

/** A metric: what Prometheus, CloudWatch and the dashboards make of it stands here, and nowhere else. */
export interface MetricDefinition {
  readonly kind: MetricKind;
  readonly unit: MetricUnit;
  readonly labels: readonly MetricLabel[];
  readonly help: string;
  /** Its name in Prometheus. Absent: it is not there. */
  readonly prometheus?: string;
  /** Its name in CloudWatch is its name in the catalogue. Absent: it is not there. */
  readonly cloudWatch?: CloudWatchForm;
  /** Of a gauge that a run measures by labels of its own: what CloudWatch gets of all its values. */
  readonly over?: 'sum' | 'max';
  /** The panel of the overview that shows it, and the functions that publish it. */
  readonly panel?: { readonly title: string; readonly by: readonly string[] };
}

/** By their names in calls and in CloudWatch. */
export type MetricCatalogue = Readonly<Record<string, MetricDefinition>>;
