import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Decimal,
  decimalText,
  negated,
  plus,
  zero,
} from '../../../localstack/import/decimal.ts';
import type { JournalTransaction } from '../../../localstack/import/journal-transaction.ts';
import {
  accountNameOf,
  assetCodeOf,
  commodityOf,
  metadataOf,
} from '../../../localstack/import/names.ts';
import { pairPostings } from '../../../localstack/import/pair-postings.ts';

type Line = readonly [account: string, commodity: string, quantity: Decimal];

const decimal = (text: string): Decimal => {
  const [whole = '0', fraction = ''] = text.split('.');
  return { mantissa: BigInt(whole + fraction), places: fraction.length };
};

const transactionOf = (
  lines: readonly Line[],
  ptype: JournalTransaction['tpostings'][number]['ptype'] = 'RegularPosting',
): JournalTransaction => ({
  tdate: '2024-01-01',
  tdate2: null,
  tdescription: '',
  tcode: '',
  tcomment: '',
  tstatus: 'Unmarked',
  ttags: [],
  tsourcepos: [{ sourceLine: '1' }],
  tpostings: lines.map(([paccount, acommodity, aquantity]) => ({
    paccount,
    pamount: [{ acommodity, aquantity }],
    pcomment: '',
    pdate: null,
    ptype,
  })),
});

const told = (transaction: JournalTransaction) =>
  pairPostings(transaction).map(
    ({ debit, credit, commodity, amount }) =>
      `${debit} < ${credit} ${decimalText(amount)} ${commodity}`,
  );

describe('the pairing of postings', () => {
  it('pairs in the order of the postings, for the smaller of two amounts', () => {
    expect(
      told(
        transactionOf([
          ['food', 'EUR', decimal('7.50')],
          ['drink', 'EUR', decimal('2.50')],
          ['cash', 'EUR', decimal('-4')],
          ['card', 'EUR', decimal('-6')],
        ]),
      ),
    ).toEqual(['food < cash 4 EUR', 'food < card 3.5 EUR', 'drink < card 2.5 EUR']);
  });

  it('nets what one account gets and gives, so that no posting has it on both sides', () => {
    expect(
      told(
        transactionOf([
          ['cash', 'EUR', decimal('5')],
          ['cash', 'EUR', decimal('-2')],
          ['card', 'EUR', decimal('-3')],
        ]),
      ),
    ).toEqual(['cash < card 3 EUR']);
  });

  it('moves nothing for amounts of zero', () => {
    expect(told(transactionOf([['a', 'EUR', decimal('0.00')]]))).toEqual([]);
  });

  it('takes a price through conversion accounts, named as hledger names them', () => {
    const transaction = transactionOf([
      ['euros', '€', decimal('100')],
      ['dollars', '$', decimal('-110.0')],
    ]);
    const [first] = transaction.tpostings[0]?.pamount ?? [];
    if (first === undefined) throw new Error('there is an amount');
    const price = { acommodity: '$', aquantity: decimal('1.10') };
    const priced = { ...first, aprice: { tag: 'UnitPrice' as const, contents: price } };
    const postings = transaction.tpostings.map((posting, i) =>
      i === 0 ? { ...posting, pamount: [priced] } : posting,
    );
    expect(told({ ...transaction, tpostings: postings })).toEqual([
      'euros < equity:conversion:$-€:€ 100 €',
      'equity:conversion:$-€:$ < dollars 110 $',
    ]);
  });

  it('says what is left over where a transaction does not balance', () => {
    const off = transactionOf([
      ['a', 'EUR', decimal('5.00')],
      ['b', 'EUR', decimal('-4.99')],
    ]);
    expect(() => pairPostings(off)).toThrow('EUR do not balance: 0.01 is left over');
    const virtual = transactionOf([['budget', 'EUR', decimal('5')]], 'VirtualPosting');
    expect(() => pairPostings(virtual)).toThrow('(budget)');
  });

  it('leaves every account with exactly what the journal says, in positive amounts', () => {
    const quantity = fc.record({
      mantissa: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
      places: fc.nat(9),
    });
    const line = fc.tuple(
      fc.constantFrom('a', 'b', 'c', 'd'),
      fc.constantFrom('EUR', '$'),
      quantity,
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const closing = ['EUR', '$'].map((commodity): Line => {
          const own = lines.filter(([, one]) => one === commodity);
          const sum = own.reduce((all, [, , q]) => plus(all, q), zero);
          return ['rest', commodity, negated(sum)];
        });
        const all = [...lines, ...closing];
        const left = new Map<string, Decimal>();
        const add = (account: string, commodity: string, q: Decimal) => {
          const key = `${account} ${commodity}`;
          left.set(key, plus(left.get(key) ?? zero, q));
        };
        for (const [account, commodity, q] of all) add(account, commodity, q);
        for (const { debit, credit, commodity, amount } of pairPostings(transactionOf(all))) {
          expect(amount.mantissa).toBeGreaterThan(0n);
          expect(debit).not.toBe(credit);
          add(debit, commodity, negated(amount));
          add(credit, commodity, amount);
        }
        for (const rest of left.values()) expect(rest.mantissa).toBe(0n);
      }),
    );
  });
});

describe('names', () => {
  it('turn any commodity into an asset code, and back', () => {
    for (const commodity of ['EUR', '$', '€', 'gold bar', '', 'x-1', 'AAPL 2024']) {
      const code = assetCodeOf(commodity);
      expect(code).toMatch(/^[A-Za-z][A-Za-z0-9._-]{0,31}$/);
      expect(commodityOf(code)).toBe(commodity);
    }
    expect(assetCodeOf('a commodity with a very long name')).toHaveLength(32);
  });

  it('keep very long account names apart', () => {
    const long = 'x'.repeat(3_000);
    expect(accountNameOf(long).length).toBeLessThanOrEqual(2_048);
    expect(accountNameOf(long)).not.toBe(accountNameOf(`${long}y`));
  });

  it('bound metadata, and drop what is empty', () => {
    const pairs = Array.from({ length: 60 }, (_, i) => [`k${i}`, 'v'.repeat(600)] as const);
    const bounded = metadataOf([['empty', ''], ...pairs]);
    expect(Object.keys(bounded)).toHaveLength(50);
    expect(bounded.k0).toHaveLength(512);
  });
});
