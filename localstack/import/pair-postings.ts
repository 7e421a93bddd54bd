import { type Decimal, decimalText, isZero, negated, plus, times, zero } from './decimal.ts';
import type { JournalAmount, JournalPosting, JournalTransaction } from './journal-transaction.ts';

/** One commodity moving from one account to another. */
export interface Movement {
  readonly commodity: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount: Decimal;
}

/** Why a transaction cannot become a transfer; said to the person who imports. */
export class Unbalanced extends Error {
  override readonly name = 'Unbalanced';
}

interface Line {
  readonly account: string;
  readonly commodity: string;
  /** hledger's sign: positive is a debit. */
  readonly quantity: Decimal;
}

/** What an amount cost, in another commodity; undefined where it has no price. */
const costOf = ({ aquantity, aprice, acost }: JournalAmount): Omit<Line, 'account'> | undefined => {
  const price = aprice ?? acost;
  if (price === null || price === undefined) return undefined;
  const { acommodity: commodity, aquantity: each } = price.contents;
  const isUnit = price.tag === 'UnitPrice' || price.tag === 'UnitCost';
  if (isUnit) return { commodity, quantity: times(aquantity, each) };
  return { commodity, quantity: aquantity.mantissa < 0n ? negated(each) : each };
};

const linesOf = (postings: readonly JournalPosting[]): Line[] =>
  postings.flatMap(({ paccount, pamount }) =>
    pamount.map(({ acommodity, aquantity }) => ({
      account: paccount,
      commodity: acommodity,
      quantity: aquantity,
    })),
  );

/** The lines that `hledger print --infer-equity` adds: conversion accounts take the difference. */
const conversionsOf = (postings: readonly JournalPosting[]): Line[] =>
  postings.flatMap(({ pamount }) =>
    pamount.flatMap((amount) => {
      const cost = costOf(amount);
      if (cost === undefined) return [];
      const { acommodity: own, aquantity } = amount;
      const pair = [own, cost.commodity].sort((a, b) => (a < b ? -1 : 1)).join('-');
      const account = (commodity: string) => `equity:conversion:${pair}:${commodity}`;
      return [
        { account: account(own), commodity: own, quantity: negated(aquantity) },
        { account: account(cost.commodity), ...cost },
      ];
    }),
  );

const sumOf = (lines: readonly Line[]): Decimal =>
  lines.reduce((sum, line) => plus(sum, line.quantity), zero);

const balances = (lines: readonly Line[]): boolean =>
  [...Map.groupBy(lines, (line) => line.commodity).values()].every((own) => isZero(sumOf(own)));

/**
 * The movements of a transaction, by a rule that gives the same ones each time. Per commodity, in
 * the order of first mention: what each account gets and gives is netted; then, in the order of the
 * postings, the first account that still has something to be debited is paired with the first that
 * still has something to be credited, for the smaller of the two amounts. So every account ends with
 * exactly what the journal says, and there are fewer movements than accounts.
 *
 * Real postings balance among themselves, and so do balanced virtual ones. Prices become movements
 * over conversion accounts where the transaction does not hold them already.
 */
export const pairPostings = (transaction: JournalTransaction): Movement[] => {
  const { tpostings } = transaction;
  const unbalanced = tpostings.find(({ ptype }) => ptype === 'VirtualPosting');
  if (unbalanced?.pamount.some(({ aquantity }) => !isZero(aquantity)) === true) {
    throw new Unbalanced(
      `the virtual posting to (${unbalanced.paccount}) has no other side to move from`,
    );
  }
  const real = tpostings.filter(({ ptype }) => ptype === 'RegularPosting');
  const virtual = tpostings.filter(({ ptype }) => ptype === 'BalancedVirtualPosting');
  return [real, virtual].flatMap((postings) => {
    const plain = linesOf(postings);
    const lines = balances(plain) ? plain : [...plain, ...conversionsOf(postings)];
    return [...Map.groupBy(lines, (line) => line.commodity)].flatMap(([commodity, own]) =>
      pairOne(commodity, own),
    );
  });
};

const pairOne = (commodity: string, lines: readonly Line[]): Movement[] => {
  const off = sumOf(lines);
  if (!isZero(off)) {
    const what = commodity === '' ? 'amounts without a commodity' : commodity;
    throw new Unbalanced(`${what} do not balance: ${decimalText(off)} is left over`);
  }
  const net = [...Map.groupBy(lines, (line) => line.account)].map(([account, own]) => ({
    account,
    left: sumOf(own),
  }));
  const debits = net.filter(({ left }) => left.mantissa > 0n);
  const credits = net
    .filter(({ left }) => left.mantissa < 0n)
    .map(({ account, left }) => ({ account, left: negated(left) }));
  const movements: Movement[] = [];
  let [debit, credit] = [debits.shift(), credits.shift()];
  while (debit !== undefined && credit !== undefined) {
    const difference = plus(debit.left, negated(credit.left));
    const amount = difference.mantissa < 0n ? debit.left : credit.left;
    movements.push({ commodity, debit: debit.account, credit: credit.account, amount });
    debit = difference.mantissa > 0n ? { ...debit, left: difference } : debits.shift();
    credit = difference.mantissa < 0n ? { ...credit, left: negated(difference) } : credits.shift();
  }
  return movements;
};
