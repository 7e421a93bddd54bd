import type { CaptureHold, PlaceHold, PostTransfer } from './ledger.ts';
import { accountEntered, holdEvent } from './model-events.ts';
import { enter, postAccepted, sidesOf } from './model-posting.ts';
import { transferRefusal } from './model-refusals.ts';
import {
  type Applied,
  type LedgerState,
  recordedAfter,
  type Surroundings,
  withValue,
} from './model-state.ts';
import type { ItemRefusal } from './refusals.ts';
import { type Entry, type Hold, type HoldStatus, remainingOf } from './types.ts';

/** What a hold is at a time: `expiresAt` decides, whether or not the job has come by. */
export const statusAt = (hold: Hold, now: Date): HoldStatus =>
  hold.status === 'pending' && hold.expiresAt !== null && hold.expiresAt <= now
    ? 'expired'
    : hold.status;

/** Refused as the transfer would be that posts it at once, and when it would be expired already. */
export const placeHold = (
  state: LedgerState,
  holdId: string,
  command: PlaceHold,
  surroundings: Surroundings,
): Applied => {
  const { expiresAt, reference, metadata, ...posting } = command;
  const transfer: PostTransfer = { postings: [posting], reference, metadata, effectiveAt: null };
  const refusal = transferRefusal(state, transfer, surroundings.partitionMap);
  if (refusal !== undefined) return { refusal };
  const placedAt = changeTime(state, posting, surroundings);
  if (expiresAt !== null && expiresAt <= placedAt) return { refusal: { code: 'expiry-passed' } };
  const hold: Hold = {
    ...command,
    holdId,
    asset: state.accounts.get(posting.debitAccountId)?.asset ?? '',
    capturedMinor: 0n,
    status: 'pending',
    version: 1n,
    placedAt,
  };
  const reserved = enterPending(
    state,
    hold,
    { kind: 'pending', amountMinor: hold.amountMinor },
    {
      ...surroundings,
      now: placedAt,
    },
  );
  const placed = holdEvent('HoldPlaced', hold, surroundings, placedAt, {
    debitAccountId: hold.debitAccountId,
    creditAccountId: hold.creditAccountId,
    asset: hold.asset,
    amount: hold.amountMinor.toString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    reference,
    metadata,
  });
  return {
    state: { ...reserved.state, holds: withValue(state.holds, holdId, hold) },
    events: [placed, ...reserved.events],
  };
};

/** Takes what is captured, and with the final capture all that remains, off the pending totals, and posts it. */
export const captureHold = (
  state: LedgerState,
  ids: { readonly holdId: string; readonly transferId: string },
  command: CaptureHold,
  surroundings: Surroundings,
): Applied => {
  const found = pendingHold(state, ids.holdId, surroundings);
  if ('refusal' in found) return found;
  const { hold: before, now } = found;
  const remaining = remainingOf(before);
  const amountMinor = command.amountMinor ?? remaining;
  if (amountMinor > remaining) {
    const { holdId } = ids;
    return { refusal: { code: 'capture-exceeds-hold', holdId, remainingMinor: remaining } };
  }
  const ends = command.final || amountMinor === remaining;
  const off = ends ? remaining : amountMinor;
  const hold: Hold = {
    ...before,
    capturedMinor: before.capturedMinor + amountMinor,
    status: ends ? 'captured' : 'pending',
    version: before.version + 1n,
  };
  const at = { ...surroundings, now };
  const released = enterPending(state, hold, { kind: 'released', amountMinor: off }, at);
  const { debitAccountId, creditAccountId, reference, metadata } = hold;
  const postings = [{ debitAccountId, creditAccountId, amountMinor }];
  const transfer = { postings, reference, metadata, effectiveAt: null };
  const posted = postAccepted(released.state, { ...ids, reverses: null }, transfer, at);
  const captured = holdEvent('HoldCaptured', hold, surroundings, now, {
    transferId: ids.transferId,
    amount: amountMinor.toString(),
    released: (off - amountMinor).toString(),
    remaining: remainingOf(hold).toString(),
  });
  return {
    state: { ...posted.state, holds: withValue(state.holds, ids.holdId, hold) },
    events: [captured, ...released.events, ...posted.events],
  };
};

export const voidHold = (
  state: LedgerState,
  holdId: string,
  surroundings: Surroundings,
): Applied => {
  const found = pendingHold(state, holdId, surroundings);
  return 'refusal' in found ? found : release(state, found, 'voided', surroundings);
};

/** Does nothing to a hold that is not due. */
export const expireHold = (
  state: LedgerState,
  holdId: string,
  surroundings: Surroundings,
): Applied => {
  const hold = state.holds.get(holdId);
  const now = hold === undefined ? surroundings.now : changeTime(state, hold, surroundings);
  if (hold?.status !== 'pending' || statusAt(hold, now) !== 'expired') return { state, events: [] };
  return release(state, { hold, now }, 'expired', surroundings);
};

interface Found {
  readonly hold: Hold;
  /** When what is done to it now is recorded. */
  readonly now: Date;
}

const pendingHold = (
  state: LedgerState,
  holdId: string,
  surroundings: Surroundings,
): Found | { readonly refusal: ItemRefusal } => {
  const hold = state.holds.get(holdId);
  if (hold === undefined) return { refusal: { code: 'hold-not-found', holdId } };
  const now = changeTime(state, hold, surroundings);
  const status = statusAt(hold, now);
  return status === 'pending'
    ? { hold, now }
    : { refusal: { code: 'hold-settled', holdId, status } };
};

const release = (
  state: LedgerState,
  { hold: before, now }: Found,
  status: 'voided' | 'expired',
  surroundings: Surroundings,
): Applied => {
  const amountMinor = remainingOf(before);
  const hold: Hold = { ...before, status, version: before.version + 1n };
  const change = { kind: 'released', amountMinor } as const;
  const released = enterPending(state, hold, change, { ...surroundings, now });
  const type = status === 'voided' ? 'HoldVoided' : 'HoldExpired';
  const ended = holdEvent(type, hold, surroundings, now, { released: amountMinor.toString() });
  return {
    state: { ...released.state, holds: withValue(state.holds, hold.holdId, hold) },
    events: [ended, ...released.events],
  };
};

type Accounts = Pick<Hold, 'debitAccountId' | 'creditAccountId'>;

const changeTime = (state: LedgerState, accounts: Accounts, { now }: Surroundings): Date =>
  recordedAfter(state, [accounts.debitAccountId, accounts.creditAccountId], now);

/** One entry on each of the two accounts. */
const enterPending = (
  state: LedgerState,
  hold: Hold,
  change: Pick<Entry, 'kind' | 'amountMinor'>,
  surroundings: Surroundings,
) => {
  const { holdId, debitAccountId, creditAccountId, asset } = hold;
  const { kind, amountMinor } = change;
  const sides = sidesOf({ debitAccountId, creditAccountId, amountMinor });
  const times = { recordedAt: surroundings.now, effectiveAt: surroundings.now };
  const entered = enter(
    state,
    sides.map((side) => ({ ...side, kind, holdId, transferId: null })),
    times,
  );
  return {
    state: entered.state,
    events: entered.written.map((entry) => accountEntered(entry, asset, surroundings)),
  };
};
