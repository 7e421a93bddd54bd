export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The series of a text in Prometheus' format whose labels need no escapes. */
export const seriesIn = (text: string): readonly Series[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', inner = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const labels = [...inner.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, of]) => [key, of]);
      return { name, labels: Object.fromEntries(labels), value: Number(value) };
    });

/** The value of the one series with exactly these labels. */
export const counterValue = (
  text: string,
  name: string,
  labels: Readonly<Record<string, string>>,
): number | undefined =>
  seriesIn(text).find(
    (one) =>
      one.name === name &&
      Object.keys(one.labels).length === Object.keys(labels).length &&
      Object.entries(labels).every(([key, value]) => one.labels[key] === value),
  )?.value;
