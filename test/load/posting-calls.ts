import { randomBytes, randomInt } from 'node:crypto';
import { homePartition, makeId } from '@atlas/domain';

/** What both forms are asked: the same accounts, drawn alike. */
export interface Posting {
  readonly debit: string;
  readonly credit: string;
}

export type Shape = 'spread' | 'hot';

export const tenant = 'bench';
export const accountCount = 10_000;
export const home = homePartition(tenant);

/** The bench's accounts, by number, so that every process knows them without asking. */
export const accountId = (number: number): string => {
  const random = Buffer.alloc(9);
  random.writeUInt32BE(number, 5);
  return makeId(1_700_000_000_000 + number, home, random);
};

/** Two of 10,000 accounts, or one of them and always the same, in the middle of the id order. */
export const drawPosting = (shape: Shape): Posting => {
  const first = shape === 'hot' ? accountCount / 2 : randomInt(accountCount);
  const other = (first + 1 + randomInt(accountCount - 1)) % accountCount;
  return { debit: accountId(first), credit: accountId(other) };
};

export interface Call {
  readonly name: string;
  readonly text: string;
  values(posting: Posting): unknown[];
}

const amountMinor = 1n;

/** The posting function of the migrations, called as layers/postgres/src/post-transfer.ts does. */
export const fullCall: Call = {
  name: 'postOne',
  text: `SELECT * FROM ledger.post_one(${Array.from({ length: 17 }, (_, i) => `$${i + 1}`).join(', ')})`,
  values: ({ debit, credit }) => {
    const random = randomBytes(40);
    return [
      tenant,
      random.toString('hex', 0, 16),
      random.toString('hex', 16, 32),
      home,
      home,
      home,
      1,
      null,
      null,
      makeId(Date.now(), home, random.subarray(31)),
      debit,
      credit,
      amountMinor,
      null,
      null,
      null,
      null,
    ];
  },
};

export const leanCall: Call = {
  name: 'lean',
  text: 'SELECT * FROM lean.post($1, $2, $3, $4)',
  values: ({ debit, credit }) => [
    makeId(Date.now(), home, randomBytes(9)),
    debit,
    credit,
    amountMinor,
  ],
};
