import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '../../support/api-client.ts';
import type { ApiAnswer } from '../../support/in-process-api.ts';
import type { Acknowledged } from './check-history.ts';

export interface LoadOptions {
  readonly client: ApiClient;
  /** Accounts that live on one shard, by shard: transfers stay within a group. */
  readonly groups: readonly (readonly string[])[];
  readonly writers: number;
  /** Between two transfers of a writer. Default: none. */
  readonly pauseMs?: number;
  /** When it fires no new transfer begins; what is under way is seen to its end. */
  readonly enough: AbortSignal;
  /** How long after that something is still tried again. */
  readonly patienceMs: number;
}

export interface Load {
  readonly attemptedKeys: string[];
  readonly acknowledged: Acknowledged[];
  /** Keys whose fate no answer told before the end. */
  readonly abandoned: string[];
  /** Answers that no fault excuses. */
  readonly unexpected: string[];
  /** How often each excusable answer came: a status, or that none came. */
  readonly faults: Map<string, number>;
}

const attemptMs = 20_000;
const backoffMs = { least: 50, greatest: 1_000 } as const;
const excusable = new Set([409, 429, 500, 502, 503, 504]);

/**
 * Callers as they should be: each transfer has a key, and is sent under it again until it is
 * acknowledged. Every tenth is sent once more after that, as a caller does that forgot the answer.
 * All is told in `load` while it happens, so that faults can be timed by it.
 */
export const runLoad = async (options: LoadOptions, load: Load): Promise<void> => {
  let giveUpMs = Number.POSITIVE_INFINITY;
  const enough = () => {
    giveUpMs = Date.now() + options.patienceMs;
  };
  options.enough.addEventListener('abort', enough);
  const send = (body: Parameters<typeof sendTransfer>[2]) =>
    sendTransfer(options.client, load, body, () => Date.now() > giveUpMs);
  await Promise.all(
    Array.from({ length: options.writers }, async (_, writer) => {
      for (let i = 0; !options.enough.aborted; i += 1) {
        const group = options.groups[(writer + i) % options.groups.length] ?? [];
        const from = (writer + i) % group.length;
        const to = (from + 1 + (i % (group.length - 1))) % group.length;
        const body = {
          postings: [
            {
              debitAccountId: group[from],
              creditAccountId: group[to],
              amount: String(1 + (i % 97)),
            },
          ],
          reference: randomUUID(),
        };
        load.attemptedKeys.push(body.reference);
        await send(body);
        if (i % 10 === 0) await send(body);
        if (options.pauseMs !== undefined) await sleep(options.pauseMs);
      }
    }),
  );
};

export const emptyLoad = (): Load => ({
  attemptedKeys: [],
  acknowledged: [],
  abandoned: [],
  unexpected: [],
  faults: new Map(),
});

/** Sends a transfer under its reference as the key until it is acknowledged, or it is too late. */
export const sendTransfer = async (
  client: ApiClient,
  load: Load,
  body: { readonly reference: string; readonly postings: readonly object[] },
  isTooLate: () => boolean,
): Promise<void> => {
  const key = body.reference;
  for (let attempt = 0; ; attempt += 1) {
    const answer = await sendOnce(client, body, key);
    if (answer?.status === 201) {
      const { transferId } = answer.body as { transferId: string };
      load.acknowledged.push({ key, transferId });
      return;
    }
    if (answer !== undefined && !excusable.has(answer.status)) {
      load.unexpected.push(`${answer.status} ${JSON.stringify(answer.body)}`);
      return;
    }
    const fault = String(answer?.body?.code ?? answer?.status ?? 'no answer');
    load.faults.set(fault, (load.faults.get(fault) ?? 0) + 1);
    if (isTooLate()) {
      load.abandoned.push(key);
      return;
    }
    const ceilingMs = Math.min(backoffMs.greatest, backoffMs.least * 2 ** attempt);
    await sleep(Math.random() * ceilingMs);
  }
};

/** Undefined when no answer came: the transfer may or may not have been made. */
const sendOnce = async (
  client: ApiClient,
  body: object,
  key: string,
): Promise<ApiAnswer | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), attemptMs);
  });
  const answered = client
    .post('/v1/transfers', body, { 'Idempotency-Key': key })
    .catch(() => undefined);
  try {
    return await Promise.race([answered, late]);
  } finally {
    clearTimeout(timer);
  }
};
