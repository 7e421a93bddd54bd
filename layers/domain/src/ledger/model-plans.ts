import { partitionOfId } from '../ids.ts';
import type { PartitionMap } from '../partitions.ts';
import type {
  BatchItem,
  CaptureHold,
  HoldReference,
  PlaceHold,
  PostTransfer,
  ReverseTransfer,
} from './ledger.ts';
import { balancesAfter } from './model-posting.ts';
import type { LedgerCommand, LedgerState } from './model-state.ts';
import type { BatchResult, HoldChange, Transfer } from './types.ts';

/** A command with the ids of what it makes, and what to tell of the state that it leaves. */
export interface Planned<T> {
  readonly command: LedgerCommand;
  readonly value: (state: LedgerState) => T;
}

interface PlannedItem extends Planned<BatchResult> {
  /** Whether it is about another shard than the first item. */
  readonly isAway: boolean;
}

/** What is there by the time that it is asked for. */
export const existing = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('what was just written is gone');
  return value;
};

/** Makes commands of requests: an id is born in the partition of what it is about. */
export const plans = (newId: (partition: number) => string, partitionMap: PartitionMap) => {
  const transferOf =
    (transferId: string) =>
    (state: LedgerState): Transfer =>
      existing(state.transfers.get(transferId));

  const changeOf =
    (holdId: string, transferId: string | null) =>
    (state: LedgerState): HoldChange => {
      const hold = existing(state.holds.get(holdId));
      const accountIds = [hold.debitAccountId, hold.creditAccountId];
      return { hold, transferId, balances: balancesAfter(state, accountIds) };
    };

  const firstAccountOf = ({ postings }: PostTransfer): string =>
    existing(postings[0]).debitAccountId;

  const plan = {
    transfer(command: PostTransfer): Planned<Transfer> {
      const transferId = newId(partitionOfId(firstAccountOf(command)));
      const wanted = { type: 'postTransfer', transferId, command } as const;
      return { command: wanted, value: transferOf(transferId) };
    },
    reversal(reverses: string, command: ReverseTransfer): Planned<Transfer> {
      const transferId = newId(partitionOfId(reverses));
      const wanted = { type: 'reverseTransfer', transferId, reverses, command } as const;
      return { command: wanted, value: transferOf(transferId) };
    },
    hold(
      command: PlaceHold,
      holdId = newId(partitionOfId(command.debitAccountId)),
    ): Planned<HoldChange> {
      const wanted = { type: 'placeHold', holdId, command } as const;
      return { command: wanted, value: changeOf(holdId, null) };
    },
    capture(holdId: string, command: CaptureHold): Planned<HoldChange> {
      const transferId = newId(partitionOfId(holdId));
      const wanted = { type: 'captureHold', holdId, transferId, command } as const;
      return { command: wanted, value: changeOf(holdId, transferId) };
    },
    void(holdId: string): Planned<HoldChange> {
      return { command: { type: 'voidHold', holdId }, value: changeOf(holdId, null) };
    },
    /** Items as single commands, in their order. */
    batch(items: readonly BatchItem[]): readonly PlannedItem[] {
      const placed = items.map((item) =>
        item.type === 'hold' ? newId(partitionOfId(item.command.debitAccountId)) : '',
      );
      const holdOf = (hold: HoldReference): string =>
        'holdId' in hold ? hold.holdId : existing(placed[hold.item]);
      /** The account, the transfer or the hold that an item is about in the first place. */
      const subjectOf = (item: BatchItem): string => {
        switch (item.type) {
          case 'transfer':
            return firstAccountOf(item.command);
          case 'reversal':
            return item.transferId;
          case 'hold':
            return item.command.debitAccountId;
          default:
            return holdOf(item.hold);
        }
      };
      const planOf = (item: BatchItem, i: number): Planned<BatchResult> => {
        switch (item.type) {
          case 'transfer':
            return told(plan.transfer(item.command), asTransfer);
          case 'reversal':
            return told(plan.reversal(item.transferId, item.command), asTransfer);
          case 'hold':
            return told(plan.hold(item.command, placed[i]), asChange);
          case 'capture':
            return told(plan.capture(holdOf(item.hold), item.command), asChange);
          case 'void':
            return told(plan.void(holdOf(item.hold)), asChange);
        }
      };
      const shardOf = (id: string) => partitionMap.owners[partitionOfId(id)]?.shard;
      const shard = shardOf(subjectOf(existing(items[0])));
      return items.map((item, i) => ({
        ...planOf(item, i),
        isAway: shardOf(subjectOf(item)) !== shard,
      }));
    },
  };
  return plan;
};

const asTransfer = (transfer: Transfer): BatchResult => ({ type: 'transfer', transfer });
const asChange = (change: HoldChange): BatchResult => ({ type: 'hold', change });

const told = <T>(
  { command, value }: Planned<T>,
  tell: (value: T) => BatchResult,
): Planned<BatchResult> => ({ command, value: (state) => tell(value(state)) });
