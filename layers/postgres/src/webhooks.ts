import { initialPartitionMap, type Webhooks } from '@atlas/domain';
import type { PostgresLedgerOptions } from './ledger.ts';
import { createMonitor, deleteMonitor, listMonitors } from './monitors.ts';
import { router } from './router.ts';
import { openShard } from './shard.ts';
import { listDeliveries, replayDelivery } from './webhook-deliveries.ts';
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  listEndpoints,
  pingEndpoint,
  readEndpoint,
  rotateSecret,
} from './webhook-endpoints.ts';

export interface PostgresWebhooks extends Webhooks {
  close(): Promise<void>;
}

/** Endpoints, monitors and deliveries over Postgres shards, as the role atlas_api. */
export const postgresWebhooks = (options: PostgresLedgerOptions): PostgresWebhooks => {
  const shards = options.shards.map((connection) =>
    openShard({
      connection,
      namedStatements: options.namedStatements,
      maxConnections: options.maxConnectionsPerShard ?? 2,
    }),
  );
  const to = router(shards, options.partitionMap ?? initialPartitionMap(shards.length));
  return {
    createEndpoint: (...call) => createEndpoint(to, ...call),
    changeEndpoint: (...call) => changeEndpoint(to, ...call),
    rotateSecret: (...call) => rotateSecret(to, ...call),
    deleteEndpoint: (...call) => deleteEndpoint(to, ...call),
    pingEndpoint: (...call) => pingEndpoint(to, ...call),
    readEndpoint: (...call) => readEndpoint(to, ...call),
    listEndpoints: (...call) => listEndpoints(to, ...call),
    createMonitor: (...call) => createMonitor(to, ...call),
    deleteMonitor: (...call) => deleteMonitor(to, ...call),
    listMonitors: (...call) => listMonitors(to, ...call),
    listDeliveries: (...call) => listDeliveries(to, ...call),
    replayDelivery: (...call) => replayDelivery(to, ...call),
    close: async () => {
      await Promise.all(shards.map((shard) => shard.close()));
    },
  };
};
