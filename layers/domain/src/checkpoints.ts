import type { CallContext } from './ledger/ledger.ts';

/** A consumer group's place in one partition of a topic. */
export interface StreamPosition {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** Told apart when a topic is deleted and made again, and its offsets start over. */
  readonly incarnation: string;
}

/** How far a consumer has come: offsets below `nextOffset` have had their effect. */
export interface Checkpoints {
  /** 0 where there is none yet. */
  read(position: StreamPosition, context: CallContext): Promise<bigint>;
  /** Moves forward only; a smaller offset than the stored one changes nothing. */
  advance(position: StreamPosition, nextOffset: bigint, context: CallContext): Promise<void>;
}
