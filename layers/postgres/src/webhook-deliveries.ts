import {
  type CallContext,
  type DeliveryFilter,
  type DeliveryStatus,
  type Outcome,
  type Page,
  type PageRequest,
  partitionOfId,
  type RequestIdentity,
  type WebhookDelivery,
} from '@atlas/domain';
import { mergePages, shardsOf } from './merge-pages.ts';
import type { Router } from './router.ts';
import { statements } from './statements.ts';
import { writeStored } from './write-stored.ts';

type TimeMember = 'createdAt' | 'attemptedAt' | 'endedAt';

/** A delivery as it is stored and read (ledger.webhook_delivery_json). */
export type StoredDelivery = Omit<WebhookDelivery, 'status' | TimeMember> & {
  readonly status: string;
  readonly createdAt: string;
  readonly attemptedAt: string | null;
  readonly endedAt: string | null;
};

const codes: Readonly<Record<DeliveryStatus, string>> = { pending: 'p', delivered: 'd', dead: 'x' };

const statusFrom = (code: string): DeliveryStatus => {
  const statuses = Object.keys(codes) as DeliveryStatus[];
  const status = statuses.find((one) => codes[one] === code);
  if (status === undefined) throw new Error(`no delivery status "${code}"`);
  return status;
};

const timeOrNull = (text: string | null): Date | null => (text === null ? null : new Date(text));

export const deliveryOf = (stored: StoredDelivery): WebhookDelivery => ({
  ...stored,
  status: statusFrom(stored.status),
  createdAt: new Date(stored.createdAt),
  attemptedAt: timeOrNull(stored.attemptedAt),
  endedAt: timeOrNull(stored.endedAt),
});

export const listDeliveries = (
  router: Router,
  tenant: string,
  { accountId, endpointId, status }: DeliveryFilter,
  page: PageRequest,
  context: CallContext,
): Promise<Page<WebhookDelivery>> => {
  const code = status === undefined ? undefined : codes[status];
  const filter = JSON.stringify({ accountId, endpointId, status: code });
  return mergePages(
    shardsOf(router, accountId),
    page.limit,
    ({ deliveryId }) => deliveryId,
    async (shard) => {
      const rows = await shard.run<{ readonly read_webhook_deliveries: StoredDelivery }>(
        statements.readWebhookDeliveries,
        [tenant, page.after, page.limit + 1, filter],
        { deadline: context.deadline, effect: 'read' },
      );
      return rows.map((row) => deliveryOf(row.read_webhook_deliveries));
    },
  );
};

export const replayDelivery = (
  router: Router,
  who: RequestIdentity,
  deliveryId: string,
  context: CallContext,
): Promise<Outcome<WebhookDelivery>> => {
  const partitions = [partitionOfId(deliveryId)] as const;
  const write = { statement: statements.replayWebhookDelivery, values: [deliveryId], partitions };
  return writeStored<StoredDelivery, WebhookDelivery>(router, who, write, deliveryOf, context);
};
