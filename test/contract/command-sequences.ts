import type { AccountChange, PatchMetadata } from '@atlas/domain';
import fc from 'fast-check';

/**
 * Commands for any ledger. Accounts are named by their place in the order of opening; `nobodyHere`
 * and `nobodyThere` are ids that do not exist, on the tenant's shard and on the other.
 */
export const nobodyHere = 98;
export const nobodyThere = 99;

/** What can be asked for alone, or as an item of a batch. */
export type ItemStep =
  | TransferStep
  | ReversalStep
  | HoldStep
  | CaptureStep
  | { readonly type: 'void'; readonly hold: number };

export interface TransferStep {
  readonly type: 'transfer';
  readonly postings: readonly (readonly [number, number, bigint])[];
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly effectiveAt: Date | null;
}

/** Transfers and holds are named like accounts, by their place in the order in which they came. */
export interface ReversalStep {
  readonly type: 'reversal';
  readonly transfer: number;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly effectiveAt: Date | null;
}

export interface HoldStep {
  readonly type: 'hold';
  readonly posting: readonly [number, number, bigint];
  readonly expiresAt: Date | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface CaptureStep {
  readonly type: 'capture';
  readonly hold: number;
  readonly amountMinor: bigint | null;
  readonly final: boolean;
}

export type FreshStep =
  | ItemStep
  | {
      readonly type: 'batch';
      readonly atomic: boolean;
      /** A capture or a void may be of the last hold that was placed before it in the batch. */
      readonly items: readonly { readonly step: ItemStep; readonly ofLast: boolean }[];
    }
  | { readonly type: 'asset'; readonly code: string; readonly scale: number }
  | {
      readonly type: 'open';
      readonly asset: string;
      readonly name: string | null;
      readonly minBalance: bigint | null;
      readonly maxBalance: bigint | null;
      readonly metadata: Readonly<Record<string, string>>;
      readonly partitionKey: string | null;
    }
  | { readonly type: 'change'; readonly account: number; readonly change: AccountChange }
  | ({ readonly type: 'patch'; readonly account: number } & PatchMetadata);

export type Step =
  | FreshStep
  /** The same request again. */
  | { readonly type: 'repeat'; readonly request: number }
  /** Another request under the key of an earlier one. */
  | { readonly type: 'reuse'; readonly request: number; readonly step: FreshStep };

const mostly = <T>(usual: fc.Arbitrary<T>, weight: number, rare: fc.Arbitrary<T>) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: rare });

const amount = mostly(
  fc.bigInt({ min: 1n, max: 60n }),
  8,
  fc.bigInt({ min: 2n ** 63n - 40n, max: 2n ** 63n - 1n }),
);
const account = mostly(
  fc.integer({ min: 0, max: 4 }),
  20,
  fc.constantFrom(nobodyHere, nobodyThere),
);
const metadata = mostly(fc.constant({}), 3, fc.constant({ order: '17', note: 'ä "quoted"' }));
/**
 * Two accounts next to each other (places count round, twelve being several times round): rarely
 * the same one, which no transfer survives.
 */
const posting = fc
  .tuple(account, mostly(fc.constantFrom(1, 2, -1), 24, fc.constant(0)), account, amount)
  .map(([debit, distance, other, minor]) => {
    const credit = debit < nobodyHere && other < nobodyHere ? debit + distance + 12 : other;
    return [debit, credit, minor] as const;
  });

const asset = fc.record({
  type: fc.constant('asset' as const),
  code: fc.constantFrom('EUR', 'USD', 'JPY'),
  scale: fc.constantFrom(2, 3),
});
const open = fc.record({
  type: fc.constant('open' as const),
  asset: fc.oneof(
    { weight: 12, arbitrary: fc.constant('EUR') },
    { weight: 2, arbitrary: fc.constant('USD') },
    { weight: 1, arbitrary: fc.constant('NONE') },
  ),
  name: fc.constantFrom(null, 'cash'),
  minBalance: fc.constantFrom(null, null, 0n, -20n, -60n),
  maxBalance: fc.constantFrom(null, null, 80n, 60n),
  metadata,
  partitionKey: mostly(fc.constant(null), 3, fc.constantFrom('a', 'b', 'c')),
});
const change = fc.record({
  type: fc.constant('change' as const),
  account,
  change: fc.constantFrom('freeze', 'unfreeze', 'unfreeze', 'close'),
});
const fullOfMetadata = Object.fromEntries(Array.from({ length: 49 }, (_, i) => [`k${i}`, 'v']));
const patch = fc.record({
  type: fc.constant('patch' as const),
  account,
  changes: mostly<Record<string, string | null>>(
    fc.dictionary(
      fc.constantFrom('order', 'note', 'place'),
      fc.constantFrom('17', 'ä "quoted"', null),
    ),
    4,
    fc.constant(fullOfMetadata),
  ),
  expectedVersions: fc.constantFrom(null, [1], [1, 2], [2, 3], []),
});
/** Some of the business times that are given: the first is a millisecond before the second. */
export const businessTimes = [
  new Date('2001-02-03T04:59:59.999Z'),
  new Date('2001-02-03T05:00:00.000Z'),
  new Date('2150-01-01T00:00:00.000Z'),
] as const;
const effectiveAt = mostly(fc.constant(null), 2, fc.constantFrom(...businessTimes));
const transfer = fc.record({
  type: fc.constant('transfer' as const),
  postings: fc.oneof(
    { weight: 3, arbitrary: fc.tuple(posting) },
    { weight: 2, arbitrary: fc.array(posting, { minLength: 2, maxLength: 5 }) },
  ),
  reference: fc.constantFrom(null, 'invoice 4711'),
  metadata,
  effectiveAt,
});
const hold = fc.record({
  type: fc.constant('hold' as const),
  posting,
  expiresAt: mostly(
    fc.constantFrom(null, new Date('2199-01-01T00:00:00.000Z')),
    6,
    fc.constant(new Date('2001-01-01T00:00:00.000Z')),
  ),
  reference: fc.constantFrom(null, 'order 17'),
  metadata,
});
const placed = mostly(fc.integer({ min: 0, max: 3 }), 20, fc.constantFrom(nobodyHere, nobodyThere));
const capture = fc.record({
  type: fc.constant('capture' as const),
  hold: placed,
  amountMinor: fc.oneof(fc.constant(null), fc.bigInt({ min: 1n, max: 30n })),
  final: fc.boolean(),
});
const reversal = fc.record({
  type: fc.constant('reversal' as const),
  transfer: mostly(fc.integer({ min: 0, max: 4 }), 20, fc.constantFrom(nobodyHere, nobodyThere)),
  reference: fc.constantFrom(null, 'a mistake'),
  metadata,
  effectiveAt,
});
const item: fc.Arbitrary<ItemStep> = fc.oneof(
  { weight: 14, arbitrary: transfer },
  { weight: 5, arbitrary: reversal },
  { weight: 8, arbitrary: hold },
  { weight: 7, arbitrary: capture },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('void' as const), hold: placed }) },
);
const batchItem = fc.record({ step: item, ofLast: fc.boolean() });
const batch = fc.record({
  type: fc.constant('batch' as const),
  atomic: fc.boolean(),
  items: fc.oneof(
    { weight: 2, arbitrary: fc.array(batchItem, { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.array(batchItem, { minLength: 4, maxLength: 6 }) },
  ),
});
const fresh: fc.Arbitrary<FreshStep> = fc.oneof(
  { weight: 1, arbitrary: asset },
  { weight: 3, arbitrary: open },
  { weight: 4, arbitrary: change },
  { weight: 4, arbitrary: patch },
  { weight: 32, arbitrary: item },
  { weight: 10, arbitrary: batch },
);
const earlier = fc.nat({ max: 20 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 16, arbitrary: fresh },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('repeat' as const), request: earlier }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('reuse' as const), request: earlier, step: fresh }),
  },
);

/** Begins with accounts to work with; what follows is anything, at most so much of it. */
export const stepsUpTo = (most: number): fc.Arbitrary<readonly Step[]> =>
  fc
    .tuple(
      fc.array(open, { minLength: 3, maxLength: 4 }),
      fc.array(step, { minLength: 4, maxLength: most, size: 'max' }),
    )
    .map(([openings, rest]) => [...openings, ...rest]);

export const steps = stepsUpTo(14);
