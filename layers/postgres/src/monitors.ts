import {
  type CallContext,
  type Monitor,
  type MonitorCondition,
  type Outcome,
  type Page,
  type PageRequest,
  partitionOfId,
  type RequestIdentity,
} from '@atlas/domain';
import { pageOf } from './merge-pages.ts';
import { newId } from './new-id.ts';
import type { Router } from './router.ts';
import { statements } from './statements.ts';
import { writeStored } from './write-stored.ts';

/** A monitor as it is stored and read (ledger.monitor_json). */
interface StoredMonitor {
  readonly monitorId: string;
  readonly accountId: string;
  readonly measure: Monitor['measure'];
  readonly operator: Monitor['operator'];
  readonly amountMinor: string;
  readonly isMet: boolean;
  readonly version: string;
  readonly triggeredAt: string | null;
  readonly createdAt: string;
}

const monitorOf = (stored: StoredMonitor): Monitor => ({
  ...stored,
  amountMinor: BigInt(stored.amountMinor),
  version: BigInt(stored.version),
  triggeredAt: stored.triggeredAt === null ? null : new Date(stored.triggeredAt),
  createdAt: new Date(stored.createdAt),
});

/** On the account's partition, so that an entry and what it triggers are on one shard. */
export const createMonitor = (
  router: Router,
  who: RequestIdentity,
  accountId: string,
  { measure, operator, amountMinor }: MonitorCondition,
  context: CallContext,
): Promise<Outcome<Monitor>> => {
  const born = partitionOfId(accountId);
  const values = [newId(born), accountId, measure === 'balance' ? 'b' : 'a', operator, amountMinor];
  const write = { statement: statements.createMonitor, values, partitions: [born] } as const;
  return writeStored(router, who, write, monitorOf, context);
};

export const deleteMonitor = (
  router: Router,
  who: RequestIdentity,
  monitorId: string,
  context: CallContext,
): Promise<Outcome<Monitor>> => {
  const partitions = [partitionOfId(monitorId)] as const;
  const write = { statement: statements.deleteMonitor, values: [monitorId], partitions };
  return writeStored(router, who, write, monitorOf, context);
};

export const listMonitors = async (
  router: Router,
  tenant: string,
  accountId: string,
  page: PageRequest,
  context: CallContext,
): Promise<Page<Monitor> | undefined> => {
  const rows = await router
    .shardOfId(accountId)
    .run<{ readonly read_monitors: StoredMonitor | null }>(
      statements.readMonitors,
      [tenant, accountId, page.after, page.limit + 1],
      { deadline: context.deadline, effect: 'read' },
    );
  if (rows.length === 0) return undefined;
  const found = rows.flatMap((row) =>
    row.read_monitors === null ? [] : [monitorOf(row.read_monitors)],
  );
  return pageOf(found, page.limit, ({ monitorId }) => monitorId);
};
