import type { TemplateJson } from './simulated-alarms.ts';

// biome-ignore lint/suspicious/noExplicitAny: properties of a resource
type Change = (properties: any) => void;

/** A template in which the alarms whose name ends so are changed; throws where none is. */
const changed = (template: TemplateJson, ending: RegExp, change: Change): TemplateJson => {
  const copy = structuredClone(template);
  const found = Object.values(copy.Resources).filter(({ Properties }) =>
    ending.test(Properties.AlarmName ?? ''),
  );
  if (found.length === 0) throw new Error(`no alarm's name ends with ${ending.source}`);
  for (const { Properties } of found) change(Properties);
  return copy;
};

/** What a naive set of alarms would do. Each must be caught. */
export const alarmMutants = {
  /** The short windows always burn. */
  withoutShortWindows: (template: TemplateJson) =>
    changed(template, /-page-(?:5m|30m)$/, (properties) => {
      properties.ComparisonOperator = 'GreaterThanOrEqualToThreshold';
      properties.Threshold = 0;
    }),
  /** The long windows always burn. */
  withoutLongWindows: (template: TemplateJson) =>
    changed(template, /-page-(?:1h|6h)$/, (properties) => {
      properties.ComparisonOperator = 'GreaterThanOrEqualToThreshold';
      properties.Threshold = 0;
    }),
  /** A ratio is a ratio, however little it is made of. */
  withoutLowTrafficGuard: (template: TemplateJson) =>
    changed(template, /-(?:page|ticket)-\w+$/, (properties) => {
      for (const one of properties.Metrics) {
        if (one.Expression?.startsWith('IF(failures >=')) {
          one.Expression = one.Expression.replace(/failures >= \d+/, 'failures >= 1');
        }
      }
    }),
  withoutAbsoluteCount: (template: TemplateJson) =>
    changed(template, /-outage$/, (properties) => {
      properties.Threshold = Number.MAX_VALUE;
    }),
  /** Only what the endpoint itself told. */
  withoutCrashes: (template: TemplateJson) =>
    changed(template, /-(?:outage|page-\w+)$/, (properties) => {
      for (const one of properties.Metrics) {
        if (one.Id === 'failures') one.Expression = 'FILL(faults, 0)';
      }
    }),
  /** A percentage compared with a ratio. */
  withPercentages: (template: TemplateJson) =>
    changed(template, /-page-\w+$/, (properties) => {
      properties.Threshold *= 100;
    }),
} as const;
