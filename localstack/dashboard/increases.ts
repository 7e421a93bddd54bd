/**
 * How much a counter grew up to each time, since the last time at which it was known; NaN where that cannot
 * be said. A counter that is smaller than before began again at zero, in a process that was started anew. One
 * that a source which answered did not name yet was zero.
 */
export const increases = (
  values: readonly number[],
  answered: readonly boolean[],
): readonly number[] => {
  let last: number | undefined;
  return values.map((value, i) => {
    if (answered[i] !== true) return Number.NaN;
    const now = Number.isNaN(value) ? 0 : value;
    const grown = last === undefined ? Number.NaN : now < last ? now : now - last;
    last = now;
    return grown;
  });
};

/** The sum of what is known, from the given index on. */
export const sumFrom = (values: readonly number[], from: number): number =>
  values.reduce((sum, value, i) => (i < from || Number.isNaN(value) ? sum : sum + value), 0);

/** Values of several series, added up time by time; NaN where none is known. */
export const added = (all: readonly (readonly number[])[], length: number): readonly number[] =>
  Array.from({ length }, (_, i) => {
    const known = all
      .map((values) => values[i] ?? Number.NaN)
      .filter((value) => !Number.isNaN(value));
    return known.length === 0 ? Number.NaN : known.reduce((sum, value) => sum + value, 0);
  });
