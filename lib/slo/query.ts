/** Where CloudWatch has a metric. */
export interface MetricPlace {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** One metric, by a statistic. */
export interface MetricQuery extends MetricPlace {
  readonly statistic: string;
  readonly label?: string;
}

/** Metric math over other queries, by their ids. */
export interface MathQuery {
  readonly expression: string;
  readonly using: Readonly<Record<string, Query>>;
  readonly label?: string;
}

/** What an alarm watches or a panel shows, without the period. */
export type Query = MetricQuery | MathQuery;

export const labelled = <One extends Query>(query: One, label: string): One => ({
  ...query,
  label,
});

/** The same query with other ids, because those of one panel must differ. */
export const withIdSuffix = (query: Query, suffix: string): Query => {
  if (!('expression' in query)) return query;
  const ids = Object.keys(query.using);
  const anyId = new RegExp(`\\b(?:${ids.join('|')})\\b`, 'g');
  return {
    ...query,
    expression: query.expression.replaceAll(anyId, (id) => `${id}${suffix}`),
    using: Object.fromEntries(
      Object.entries(query.using).map(([id, one]) => [`${id}${suffix}`, withIdSuffix(one, suffix)]),
    ),
  };
};
