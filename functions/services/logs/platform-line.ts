/** What Lambda itself writes into the log of a function. */
export type PlatformLine =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'report';
      readonly requestId: string;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: 'console';
      readonly requestId: string | undefined;
      readonly level: string;
      readonly text: string;
    };

/** Says nothing that a report does not say, too. */
const beginnings = /^(?:START|END) RequestId: |^INIT_START /;
const report = /^REPORT RequestId: ([\da-f-]{36})\t(.*)$/s;
const measures: Readonly<Record<string, string>> = {
  Duration: 'LambdaDurationMs',
  'Billed Duration': 'LambdaBilledMs',
  'Init Duration': 'LambdaInitMs',
  'Memory Size': 'LambdaMemoryMb',
  'Max Memory Used': 'LambdaMaxMemoryMb',
};
/** As the runtime writes for `console`, and of a handler that failed. */
const console_ = /^\d{4}-\d\d-\d\dT[\d:.]{8,12}Z\t([\da-f-]{36}|undefined)\t([A-Z]{4,5})\t(.*)$/s;

/** Undefined for a line that the function wrote by itself. */
export const platformLine = (message: string): PlatformLine | undefined => {
  if (beginnings.test(message)) return { kind: 'nothing' };
  const [, requestId = '', rest = ''] = report.exec(message) ?? [];
  if (requestId !== '') {
    const metrics = rest.split('\t').flatMap((part): [string, number][] => {
      const [, name = '', value] = /^([A-Za-z ]+): ([\d.]+) (?:ms|MB)\s*$/.exec(part) ?? [];
      const measure = measures[name];
      return measure === undefined ? [] : [[measure, Number(value)]];
    });
    return { kind: 'report', requestId, metrics: Object.fromEntries(metrics) };
  }
  const [, id, level = '', text = ''] = console_.exec(message) ?? [];
  if (id === undefined) return undefined;
  return { kind: 'console', requestId: id === 'undefined' ? undefined : id, level, text };
};
