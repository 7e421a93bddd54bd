import type { Query } from '../slo/query.ts';

/** Values over time, on one or two axes. */
export interface GraphPanel {
  readonly kind: 'graph';
  readonly title: string;
  readonly left: readonly Query[];
  readonly right?: readonly Query[];
  /** A line that should not be crossed, on the left axis. */
  readonly limit?: { readonly value: number; readonly label: string };
}

/** The latest values; with `days`, of the whole of so many days. */
export interface NumberPanel {
  readonly kind: 'number';
  readonly title: string;
  readonly values: readonly Query[];
  readonly days?: number;
}

export interface TextPanel {
  readonly kind: 'text';
  readonly title: string;
  readonly lines: readonly string[];
}

export type Panel = GraphPanel | NumberPanel | TextPanel;

/** What CloudWatch and Grafana both show; each row is as wide as the page. */
export interface Dashboard {
  /** The last part of its name. */
  readonly name: string;
  readonly title: string;
  readonly rows: readonly (readonly Panel[])[];
}
