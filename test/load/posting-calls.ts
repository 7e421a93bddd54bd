import { randomBytes, randomInt } from 'node:crypto';
import { homePartition, makeId } from '@atlas/domain';
import { statements } from '../../layers/postgres/src/statements.ts';

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
  /** Transfers in one call. */
  readonly size: number;
  values(draw: () => Posting): unknown[];
}

const amountMinor = 1n;

/** The posting function of the migrations, called as layers/postgres/src/post-transfer.ts does. */
export const fullCall: Call = {
  ...statements.postOne,
  size: 1,
  values: (draw) => {
    const { debit, credit } = draw();
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
    ];
  },
};

/** Keeps a transfer to be posted later, called as layers/postgres/src/intakes.ts does. */
export const acceptCall: Call = {
  ...statements.acceptIntake,
  size: 1,
  values: (draw) => {
    const { debit, credit } = draw();
    const random = randomBytes(41);
    return [
      tenant,
      random.toString('hex', 0, 16),
      random.toString('hex', 16, 32),
      home,
      [home],
      [1],
      makeId(Date.now(), home, random.subarray(32)),
      home,
      [debit],
      [credit],
      [amountMinor],
      ...Array.from({ length: 5 }, () => null),
    ];
  },
};

/** Asked for one value, as post_one is. */
export const leanCall: Call = {
  name: 'lean',
  text: 'SELECT lean.post($1, $2, $3, $4)',
  size: 1,
  values: (draw) => {
    const { debit, credit } = draw();
    return [makeId(Date.now(), home, randomBytes(9)), debit, credit, amountMinor];
  },
};

const batchSize = 100;
const hundred = <T>(make: (i: number) => T): T[] =>
  Array.from({ length: batchSize }, (_, i) => make(i));

/** As the adapter writes arrays: the driver would look in each element for something to quote. */
const literal = (all: readonly unknown[]): string => `{${all.join(',')}}`;

/** An atomic batch, called as layers/postgres/src/apply-request.ts does. */
export const fullBatch: Call = {
  ...statements.applyRequest,
  size: batchSize,
  values: (draw) => {
    const random = randomBytes(32 + 9 * batchSize);
    const places = new Map<string, number>();
    const place = (account: string): number => {
      const known = places.get(account);
      if (known !== undefined) return known;
      places.set(account, places.size + 1);
      return places.size;
    };
    const postings = hundred(draw).map(
      ({ debit, credit }) => [place(debit), place(credit)] as const,
    );
    return [
      tenant,
      random.toString('hex', 0, 16),
      random.toString('hex', 16, 32),
      home,
      [home],
      [1],
      'a',
      't'.repeat(batchSize),
      literal(hundred((i) => makeId(Date.now(), home, random.subarray(32 + 9 * i, 41 + 9 * i)))),
      null,
      null,
      null,
      literal([...places.keys()]),
      literal(postings.map(([debit]) => debit)),
      literal(postings.map(([, credit]) => credit)),
      literal(hundred(() => amountMinor)),
      ...Array.from({ length: 8 }, () => null),
    ];
  },
};

export const leanBatch: Call = {
  name: 'leanBatch',
  text: 'SELECT * FROM lean.post_batch($1, $2, $3, $4)',
  size: batchSize,
  values: (draw) => {
    const random = randomBytes(9 * batchSize);
    const postings = hundred(draw);
    return [
      literal(hundred((i) => makeId(Date.now(), home, random.subarray(9 * i, 9 * i + 9)))),
      literal(postings.map(({ debit }) => debit)),
      literal(postings.map(({ credit }) => credit)),
      literal(hundred(() => amountMinor)),
    ];
  },
};
