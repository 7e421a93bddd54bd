import type { MetricCatalogue } from './metric-definition.ts';

/** What was moved. Counted where an event has left the outbox, which each transfer does once. */
export const businessMetrics = {
  Transfers: {
    kind: 'counter',
    unit: 'count',
    labels: ['asset'],
    prometheus: 'atlas_transfers_total',
    cloudWatch: 'told',
    help: 'Transfers that moved an asset; one of several assets counts for each.',
  },
  TransferredMinorUnits: {
    kind: 'counter',
    unit: 'minor-units',
    labels: ['asset'],
    prometheus: 'atlas_transferred_minor_units_total',
    cloudWatch: 'told',
    help: 'What they moved, in minor units as the tenants count them; nothing for other assets.',
  },
} as const satisfies MetricCatalogue;
