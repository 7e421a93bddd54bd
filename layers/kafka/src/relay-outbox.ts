import { randomUUID } from 'node:crypto';
import {
  type EventLog,
  type EventMessage,
  type Outbox,
  type OutboxLease,
  type OutboxRow,
  outboxSlotCount,
} from '@atlas/domain';
import { eventError } from './event-schemas.ts';
import { type RelayTracing, sendTraced } from './trace-rows.ts';

export interface RelayOptions {
  readonly outboxes: readonly Outbox[];
  readonly log: EventLog;
  /** Ends the loop after the batch under way. */
  readonly signal: AbortSignal;
  /** 'drained': returns once every slot it could lease was empty. 'aborted': goes on for ever. */
  readonly until: 'drained' | 'aborted';
  /** Absent: no spans are made, and the events carry the trace context that was stored with them. */
  readonly tracing?: RelayTracing;
  /** After their rows were deleted, which happens once, however often they were sent. */
  readonly onPublished?: (events: readonly EventMessage[]) => void;
  readonly onParked?: (row: OutboxRow, reason: string) => void;
  readonly onFailure?: (error: unknown) => void;
}

const leaseMs = 10_000;
const refusedMs = 500;
const batchRows = 500;
const maxAttempts = 5;
const idleMs = { least: 4, greatest: 50 } as const;
const failingMs = { least: 100, greatest: 5_000 } as const;

/**
 * Moves rows from the outboxes to the log, at least once and in order per aggregate: reads a slot in
 * id order, publishes with all acknowledgements, then deletes what was acknowledged. A crash in
 * between sends again, which consumers tell by the version. An event that its schema refuses parks
 * its aggregate after a few attempts, and everything else goes on.
 *
 * @returns how many events were acknowledged
 */
export const relayOutbox = async (options: RelayOptions): Promise<number> => {
  const holder = randomUUID();
  const counts = await Promise.all(
    options.outboxes.map((outbox) => drainShard(outbox, holder, options)),
  );
  return counts.reduce((sum, count) => sum + count, 0);
};

const drainShard = async (
  outbox: Outbox,
  holder: string,
  options: RelayOptions,
): Promise<number> => {
  const leases: Leases = new Map();
  let published = 0;
  let firstSlot = 0;
  let pauseMs: number = idleMs.least;
  let failures = 0;
  while (!options.signal.aborted) {
    let moved = 0;
    let slot = firstSlot;
    try {
      for (let turn = 0; turn < outboxSlotCount && !options.signal.aborted; turn += 1) {
        slot = (firstSlot + turn) % outboxSlotCount;
        const lease = await leaseOf(outbox, slot, holder, leases);
        if (lease !== undefined) moved += await drainSlot(outbox, lease, leases, options);
      }
      failures = 0;
    } catch (error) {
      failures += 1;
      // The others come first in the next round, so that one slot cannot starve them.
      firstSlot = (slot + 1) % outboxSlotCount;
      options.onFailure?.(error);
      if (options.until === 'drained' && failures > maxAttempts) throw error;
    }
    published += moved;
    if (options.until === 'drained' && failures === 0 && moved === 0) break;
    if (failures > 0) {
      const ceilingMs = Math.min(failingMs.greatest, failingMs.least * 2 ** failures);
      await pause(Math.random() * ceilingMs, options.signal);
    } else if (moved === 0) {
      await pause(pauseMs, options.signal);
      pauseMs = Math.min(idleMs.greatest, pauseMs * 2);
    } else {
      pauseMs = idleMs.least;
    }
  }
  const held = [...leases.values()].flatMap(({ lease }) => lease ?? []);
  await Promise.allSettled(held.map((lease) => outbox.release(lease)));
  return published;
};

/** What is known of each slot's lease, and until when that is not asked for again. */
type Leases = Map<number, { readonly lease: OutboxLease | undefined; readonly until: number }>;

/** Renewed at half of its life; a slot that somebody else holds is asked for again after a while. */
const leaseOf = async (
  outbox: Outbox,
  slot: number,
  holder: string,
  leases: Leases,
): Promise<OutboxLease | undefined> => {
  const known = leases.get(slot);
  if (known !== undefined && known.until > Date.now()) return known.lease;
  const lease = await outbox.acquire(slot, holder, leaseMs);
  const knownMs = lease === undefined ? refusedMs : leaseMs / 2;
  leases.set(slot, { lease, until: Date.now() + knownMs });
  return lease;
};

const drainSlot = async (
  outbox: Outbox,
  lease: OutboxLease,
  leases: Leases,
  options: RelayOptions,
): Promise<number> => {
  const rows = await outbox.read(lease, batchRows);
  if (rows.length === 0) return 0;
  const sound = await withoutPoison(outbox, lease, rows, options);
  const messages = await sendTraced(sound, options.tracing, (all) => options.log.publish(all));
  const ids = sound.map((row) => row.id);
  if (ids.length > 0 && !(await outbox.acknowledge(lease, ids))) {
    leases.delete(lease.slot);
    return 0;
  }
  if (messages.length > 0) options.onPublished?.(messages);
  return messages.length;
};

/**
 * The rows before the first poison one of each aggregate. What the schema refuses is counted as a
 * failed attempt; what shares a key with it is left for the next round, behind it.
 */
const withoutPoison = async (
  outbox: Outbox,
  lease: OutboxLease,
  rows: readonly OutboxRow[],
  options: RelayOptions,
): Promise<readonly OutboxRow[]> => {
  const waiting = new Set<string>();
  const sound: OutboxRow[] = [];
  for (const row of rows) {
    const keys = [row.aggregateId, ...row.messages.map((message) => message.key)];
    const wrong = row.malformed ?? schemaError(row);
    if (wrong !== undefined && !keys.some((key) => waiting.has(key))) {
      if (await outbox.fail(lease, row.id, wrong, maxAttempts)) options.onParked?.(row, wrong);
    }
    if (wrong !== undefined || keys.some((key) => waiting.has(key))) {
      for (const key of keys) waiting.add(key);
    } else {
      sound.push(row);
    }
  }
  return sound;
};

const schemaError = (row: OutboxRow): string | undefined =>
  row.messages
    .map((message) => eventError(message.type, message.data))
    .find((error) => error !== undefined);

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
