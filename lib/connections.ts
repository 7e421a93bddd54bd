import { type Access, connectionsPerShard, type SloTier, services } from '../functions/manifest.ts';
import type { AwsStage } from './stage.ts';

/** What of a database's connections its proxy may use; the rest is for operators, and for Aurora itself. */
export const proxyShare = 0.9;

/**
 * How many connections an Aurora instance takes, as its capacity settings imply: from 189 with one unit to 3,360
 * with 16, and never more than 5,000, or 2,000 where it may shrink to half a unit.
 */
const maxConnections = ({ minAcu, maxAcu }: AwsStage['capacity']): number =>
  Math.min(minAcu <= 0.5 ? 2_000 : 5_000, Math.floor(185 * maxAcu));

/** How many connections to each shard one execution environment of a function keeps at most. */
export const connectionsOf = ({ access }: { readonly access: readonly Access[] }): number => {
  const known: Partial<Record<Access, number>> = connectionsPerShard;
  return access.reduce((sum, one) => sum + (known[one] ?? 0), 0);
};

/**
 * Throws where the functions of a stage could together ask for more connections to a shard than it takes, though
 * each of them keeps within the concurrency that is reserved for it. Without a reservation there is nothing to
 * add up: the proxy lets whoever is too many wait two seconds, and then refuses him.
 */
export const demandConnections = (stage: AwsStage): void => {
  const { reservedConcurrency: reserved, capacity } = stage;
  if (reserved === undefined) return;
  const rows: readonly { readonly slo: SloTier; readonly access: readonly Access[] }[] = services;
  const wanted = rows.reduce((sum, row) => sum + reserved[row.slo] * connectionsOf(row), 0);
  const there = Math.floor(maxConnections(capacity) * proxyShare);
  if (wanted <= there) return;
  throw new Error(
    `the functions of stage "${stage.name}" may ask for ${wanted} connections to each shard, and ${there} are ` +
      'there: lower reservedConcurrency, or raise capacity.maxAcu',
  );
};
