/** A series that is computed again and again. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** When somebody is told. */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface RuleGroup {
  readonly name: string;
  readonly interval: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}

/** A file of rules, as Prometheus reads it. */
export interface RuleFile {
  readonly groups: readonly RuleGroup[];
}
