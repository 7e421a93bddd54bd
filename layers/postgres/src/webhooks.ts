import type { Webhooks } from '@atlas/domain';
import { createMonitor, deleteMonitor, listMonitors } from './monitors.ts';
import { openShards, type ShardOptions } from './open-shards.ts';
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
export const postgresWebhooks = (options: ShardOptions): PostgresWebhooks => {
  const { to, close } = openShards(options);
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
    close,
  };
};
