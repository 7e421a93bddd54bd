/** What a family counts, as its TYPE line says. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

export interface MetricSample {
  /** With the suffix of a histogram’s parts: `_bucket`, `_sum`, `_count`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricFamily {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

const samplePattern = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+-?\d+)?$/;
const labelPattern = /[ \t]*([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"[ \t]*(?:,|$)/y;
const types: readonly string[] = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];
const suffixes = /_(?:bucket|sum|count)$/;

const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_all, one: string) => (one === 'n' ? '\n' : one));

const numberOf = (text: string): number => {
  const value = Number(text.replace(/^([+-]?)Inf$/, '$1Infinity'));
  if (Number.isNaN(value) && text !== 'NaN') throw new Error(`${text} is no number`);
  return value;
};

const labelsOf = (text: string): Readonly<Record<string, string>> => {
  const labels: [string, string][] = [];
  labelPattern.lastIndex = 0;
  while (labelPattern.lastIndex < text.length) {
    const match = labelPattern.exec(text);
    if (match === null) throw new Error(`${text} are no labels`);
    labels.push([match[1] ?? '', unescaped(match[2] ?? '')]);
  }
  return Object.fromEntries(labels);
};

interface OpenFamily extends MetricFamily {
  type: MetricType;
  help: string;
  readonly samples: MetricSample[];
}

/**
 * Reads the text exposition format of Prometheus (version 0.0.4). Throws with the line that is none of it,
 * so that half an answer is not taken for a whole one.
 */
export const parseMetrics = (text: string): readonly MetricFamily[] => {
  const families = new Map<string, OpenFamily>();
  const familyOf = (name: string): OpenFamily => {
    const known = families.get(name);
    if (known !== undefined) return known;
    const made: OpenFamily = { name, type: 'untyped', help: '', samples: [] };
    families.set(name, made);
    return made;
  };
  /** A part of a histogram belongs to the histogram. */
  const ownerOf = (name: string): OpenFamily => {
    const whole = families.get(name.replace(suffixes, ''));
    const hasParts = whole?.type === 'histogram' || whole?.type === 'summary';
    return whole !== undefined && hasParts ? whole : familyOf(name);
  };
  for (const [i, line] of text.split('\n').entries()) {
    try {
      const trimmed = line.trim();
      const [, kind, name = '', rest = ''] =
        /^#[ \t]+(HELP|TYPE)[ \t]+(\S+)(?:[ \t]+(.*))?$/.exec(trimmed) ?? [];
      if (kind === 'HELP') familyOf(name).help = unescaped(rest);
      else if (kind === 'TYPE') {
        if (!types.includes(rest)) throw new Error(`${rest} is no type`);
        familyOf(name).type = rest as MetricType;
      } else if (trimmed !== '' && !trimmed.startsWith('#')) {
        const match = samplePattern.exec(trimmed);
        if (match === null) throw new Error('it is no sample');
        const [, sample = '', labels = '', value = ''] = match;
        ownerOf(sample).samples.push({
          name: sample,
          labels: labelsOf(labels),
          value: numberOf(value),
        });
      }
    } catch (error) {
      throw new Error(`line ${i + 1} of the metrics: ${(error as Error).message}`);
    }
  }
  return [...families.values()].filter(({ samples }) => samples.length > 0);
};
