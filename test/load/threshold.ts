export interface Threshold {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly direction: 'at least' | 'at most';
  readonly unit: '' | ' ms' | ' s' | ' bytes';
  readonly met: boolean;
}

/** What could not be measured (NaN) is not met. */
export const judged = (one: Omit<Threshold, 'met'>): Threshold => {
  const { value, direction, limit } = one;
  return { ...one, met: direction === 'at least' ? value >= limit : value <= limit };
};

/** One line a threshold, as it is printed. */
export const verdictLine = ({ name, value, direction, limit, unit, met }: Threshold): string =>
  `${met ? 'met    ' : 'NOT MET'} ${value.toFixed(2)}${unit} (${direction} ${limit}${unit}): ${name}`;
