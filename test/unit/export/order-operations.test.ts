import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderOperations } from '../../../localstack/export/order-operations.ts';

const accounts = ['a', 'b', 'c', 'd', 'e'];

/** Operations in the order in which they happened, each on some of the accounts. */
const history = fc
  .array(fc.subarray(accounts, { minLength: 1 }), { minLength: 1, maxLength: 40 })
  .map((touched) => touched.map((on, i) => ({ id: `op-${i}`, on })));

type History = readonly { readonly id: string; readonly on: readonly string[] }[];

const sequencesOf = (happened: History) =>
  new Map(
    accounts.map((account) => [
      account,
      happened.filter(({ on }) => on.includes(account)).map(({ id }) => id),
    ]),
  );

/** Whether each account sees its operations as it did. */
const agrees = (order: readonly string[], happened: History): boolean => {
  const place = new Map(order.map((id, i) => [id, i]));
  return [...sequencesOf(happened).values()].every((sequence) =>
    sequence.every(
      (id, i) => i === 0 || (place.get(sequence[i - 1] ?? '') ?? 0) < (place.get(id) ?? 0),
    ),
  );
};

const shuffledHistory = history.chain((happened) =>
  fc
    .shuffledSubarray(
      happened.map(({ id }) => id),
      { minLength: happened.length, maxLength: happened.length },
    )
    .map((given) => ({ happened, given })),
);

describe('the order of exported operations', () => {
  it('is one that every account has seen, whatever the times say', () => {
    fc.assert(
      fc.property(shuffledHistory, ({ happened, given }) => {
        const order = orderOperations(given, sequencesOf(happened));
        expect(order.toSorted()).toEqual(given.toSorted());
        expect(agrees(order, happened)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is not just the one that times give, which are not exact enough', () => {
    const details = fc.check(
      fc.property(shuffledHistory, ({ happened, given }) => agrees(given, happened)),
      { numRuns: 1_000, seed: 1 },
    );
    expect(details.failed).toBe(true);
  });

  it('keeps the one that times give where no account objects', () => {
    const apart = new Map([
      ['a', ['1', '3']],
      ['b', ['2']],
    ]);
    expect(orderOperations(['1', '2', '3'], apart)).toEqual(['1', '2', '3']);
  });

  it('does not exist where two accounts contradict each other', () => {
    const contradicting = new Map([
      ['a', ['1', '2']],
      ['b', ['2', '1']],
    ]);
    expect(() => orderOperations(['1', '2'], contradicting)).toThrow('each come before');
  });
});
