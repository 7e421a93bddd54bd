import { assetLabel, type EventMessage, otherAsset, type TransferPosted } from '@atlas/domain';
import { type MetricRegistry, processMetrics } from './metric-registry.ts';

let currencies: ReadonlySet<string> | undefined;

const labelOf = (asset: string): string => {
  currencies ??= new Set(Intl.supportedValuesOf('currency'));
  return assetLabel(asset, currencies);
};

/** Counts the transfers that these events tell of, and what they moved. */
export const countTransfers = (
  events: readonly EventMessage[],
  registry: MetricRegistry = processMetrics,
): void => {
  for (const { type, data } of events) {
    if (type !== 'TransferPosted') continue;
    const moved = new Map<string, bigint>();
    for (const { asset, amount } of (data as TransferPosted).postings) {
      const label = labelOf(asset);
      moved.set(label, (moved.get(label) ?? 0n) + BigInt(amount));
    }
    for (const [label, amount] of moved) {
      registry.count('Transfers', label).add(1);
      // Units of different assets do not add up.
      if (label !== otherAsset) registry.count('TransferredMinorUnits', label).add(Number(amount));
    }
  }
};
