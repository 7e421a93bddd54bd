import { names } from '../names.ts';
import type { MetricQuery } from '../slo/query.ts';
import { type Stage, shardCount } from '../stage.ts';
import type { Dashboard, GraphPanel } from './dashboard.ts';

/** How busy the shards and their proxies are, what waits, and what goes wrong. */
export const database = (stage: Stage): Dashboard => {
  const panelOf =
    (dimension: 'DBClusterIdentifier' | 'ProxyName') =>
    (title: string, metrics: Readonly<Record<string, string>>): GraphPanel => ({
      kind: 'graph',
      title,
      left: Array.from({ length: shardCount }, (_, shard) => shard).flatMap((shard) =>
        Object.entries(metrics).map(
          ([metricName, statistic]): MetricQuery => ({
            namespace: 'AWS/RDS',
            metricName,
            dimensions: { [dimension]: names(stage).stack(`shard-${shard}`) },
            statistic,
            label: `shard ${shard}: ${metricName} (${statistic})`,
          }),
        ),
      ),
    });
  const cluster = panelOf('DBClusterIdentifier');
  const proxy = panelOf('ProxyName');
  return {
    name: 'database',
    title: 'Atlas: database',
    rows: [
      [
        cluster('Capacity used, in percent', { ACUUtilization: 'Maximum' }),
        cluster('CPU, in percent', { CPUUtilization: 'Maximum' }),
      ],
      [
        cluster('Commit latency, in milliseconds', { CommitLatency: 'Maximum' }),
        cluster('Deadlocks a second', { Deadlocks: 'Maximum' }),
      ],
      [
        cluster('Connections', { DatabaseConnections: 'Maximum' }),
        cluster('Replica lag, in milliseconds', { AuroraReplicaLagMaximum: 'Maximum' }),
      ],
      [
        cluster('Transaction ids in use', { MaximumUsedTransactionIDs: 'Maximum' }),
        cluster('Storage, in bytes', { VolumeBytesUsed: 'Maximum' }),
      ],
      [
        proxy('Proxy: connections lent, and allowed', {
          DatabaseConnectionsCurrentlyBorrowed: 'Maximum',
          MaxDatabaseConnectionsAllowed: 'Maximum',
        }),
        proxy('Proxy: wait for a connection, in microseconds', {
          DatabaseConnectionsBorrowLatency: 'Maximum',
        }),
      ],
    ],
  };
};
