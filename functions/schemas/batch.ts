import {
  type BatchItem,
  type BatchResult,
  type HoldReference,
  maxBatchItems,
  maxBatchPostings,
} from '@atlas/domain';
import { refusalBody } from '@atlas/runtime';
import * as z from 'zod';
import { exampleIds } from './example-ids.ts';
import { captureCommand, captureFields, holdCommand, holdFields } from './hold-commands.ts';
import { refusedProblem } from './intake.ts';
import { id } from './primitives.ts';
import {
  reversalCommand,
  reversalFields,
  transferCommand,
  transferFields,
} from './transfer-commands.ts';
import { holdChangeSchema, holdChangeWire, transferSchema, transferWire } from './wire.ts';

const type = <Name extends string>(name: Name) => z.literal(name);

const ofHold = {
  holdId: id('The hold', exampleIds.hold).optional(),
  item: z
    .int()
    .min(0)
    .max(maxBatchItems - 1)
    .optional()
    .meta({ description: 'Instead of holdId: the item of this batch, from 0, that places it' }),
};

const batchItem = z.discriminatedUnion('type', [
  z.strictObject({ type: type('transfer'), ...transferFields }),
  z.strictObject({
    type: type('reversal'),
    transferId: id('The transfer to take back', exampleIds.transfer),
    ...reversalFields,
  }),
  z.strictObject({ type: type('hold'), ...holdFields }),
  z.strictObject({ type: type('capture'), ...ofHold, ...captureFields }),
  z.strictObject({ type: type('void'), ...ofHold }),
]);

type Item = z.output<typeof batchItem>;

const postingsOf = (item: Item): number => {
  if (item.type === 'transfer') return item.postings.length;
  return item.type === 'hold' ? 1 : 0;
};

export const batchBody = z
  .strictObject({
    atomic: z
      .boolean()
      .default(true)
      .meta({ description: 'All or nothing; false: each item is done or refused by itself' }),
    items: z.array(batchItem).min(1).max(maxBatchItems),
  })
  .superRefine(({ items }, context) => {
    const postings = items.reduce((sum, item) => sum + postingsOf(item), 0);
    if (postings > maxBatchPostings) {
      const message = `has ${postings} postings; at most ${maxBatchPostings} go into a batch`;
      context.addIssue({ code: 'custom', path: ['items'], message });
    }
    for (const [i, item] of items.entries()) {
      if (item.type !== 'capture' && item.type !== 'void') continue;
      const path = ['items', i];
      if ((item.holdId === undefined) === (item.item === undefined)) {
        context.addIssue({ code: 'custom', path, message: 'needs either a holdId or an item' });
      } else if (item.item !== undefined && (item.item >= i || items[item.item]?.type !== 'hold')) {
        const message = 'is not an earlier item of this batch that places a hold';
        context.addIssue({ code: 'custom', path: [...path, 'item'], message });
      }
    }
  })
  .meta({
    id: 'PostBatch',
    example: {
      atomic: true,
      items: [
        {
          type: 'transfer',
          postings: [
            {
              debitAccountId: exampleIds.account,
              creditAccountId: exampleIds.otherAccount,
              amount: '1050',
            },
          ],
        },
        { type: 'reversal', transferId: exampleIds.transfer },
        {
          type: 'hold',
          debitAccountId: exampleIds.account,
          creditAccountId: exampleIds.otherAccount,
          amount: '700',
        },
        { type: 'capture', item: 2, amount: '250' },
        { type: 'void', holdId: exampleIds.hold },
      ],
    },
  });

const holdOf = ({ holdId, item }: { holdId?: string | undefined; item?: number | undefined }) => {
  const reference: HoldReference | undefined = holdId === undefined ? undefined : { holdId };
  return reference ?? { item: item ?? 0 };
};

export const batchItemOf = (item: Item): BatchItem => {
  switch (item.type) {
    case 'transfer':
      return { type: 'transfer', command: transferCommand(item) };
    case 'reversal': {
      const { transferId } = item;
      return { type: 'reversal', transferId, command: reversalCommand(item) };
    }
    case 'hold':
      return { type: 'hold', command: holdCommand(item) };
    case 'capture':
      return { type: 'capture', hold: holdOf(item), command: captureCommand(item) };
    case 'void':
      return { type: 'void', hold: holdOf(item) };
  }
};

export const batchResultSchema = z.discriminatedUnion('type', [
  z.object({ type: type('transfer'), transfer: transferSchema }),
  z.object({ type: type('hold'), hold: holdChangeSchema }),
  z.object({ type: type('refused'), problem: refusedProblem }),
]);

export const batchResultWire = (result: BatchResult): z.input<typeof batchResultSchema> => {
  switch (result.type) {
    case 'transfer':
      return { type: 'transfer', transfer: transferWire(result.transfer) };
    case 'hold':
      return { type: 'hold', hold: holdChangeWire(result.change) };
    case 'refused':
      return {
        type: 'refused',
        problem: refusalBody(result.refusal) as z.input<typeof refusedProblem>,
      };
  }
};
