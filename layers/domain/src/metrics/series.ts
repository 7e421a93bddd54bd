const separator = '|';

/**
 * One series of a metric as it is stored: the metric and the values of its labels in their order. Of a histogram a
 * series is a bucket, with its upper bound as one more value, or `sum`, in whole microseconds.
 */
export const seriesKey = (metric: string, ...values: readonly string[]): string =>
  [metric, ...values].join(separator);

/** The metric and the values that a key is made of. */
export const seriesOf = (key: string): { readonly metric: string; readonly values: string[] } => {
  const [metric = '', ...values] = key.split(separator);
  return { metric, values };
};

/** The value that stands for the sum of a histogram. */
export const sumOfDurations = 'sum';
