/** A small seeded generator (mulberry32), so that a failing journal can be made again. */
const seeded = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
};

const expenses = [
  'expenses:food:groceries',
  'expenses:food:dining out',
  'expenses:rent',
  'expenses:transport:public',
  'expenses:Gesundheit:Zähne',
  'expenses:交通費',
  `expenses:${'a very long name indeed '.repeat(20).trim()}`,
];
const payees = ['Grocer', 'Café Zoë | lunch', 'Landlord', '鉄道', 'ACME "Corp"', 'Emoji 🙂'];

/**
 * A journal as a household with investments keeps it: salaries with several postings, purchases,
 * currency exchanges at unit and total prices, shares with four decimals, refunds (negative), zero
 * amounts, balanced virtual postings, codes, tags, comments and secondary dates.
 */
export const generateJournal = (transactions: number, seed = 1): string => {
  const random = seeded(seed);
  const integer = (min: number, max: number): number =>
    min + Math.floor(random() * (max - min + 1));
  const pick = <T>(from: readonly T[]): T => from[integer(0, from.length - 1)] as T;
  const cents = (min: number, max: number): string => (integer(min, max) / 100).toFixed(2);

  const kinds: readonly ((amount: string) => string[])[] = [
    (amount) => [`    ${pick(expenses)}  $${amount}`, '    assets:bank:checking'],
    (amount) => [`    ${pick(expenses)}  $${amount}`, '    liabilities:card'],
    (amount) => [
      `    ${pick(expenses)}  €${amount}  ; posting note`,
      `    ${pick(expenses)}  €${cents(100, 900)}`,
      '    assets:bank:euro',
    ],
    () => {
      const gross = integer(300_000, 500_000);
      const tax = Math.floor(gross / 4);
      return [
        `    assets:bank:checking  $${((gross - tax) / 100).toFixed(2)}`,
        `    expenses:tax  $${(tax / 100).toFixed(2)}`,
        `    income:salary  $-${(gross / 100).toFixed(2)}`,
      ];
    },
    () => [
      `    assets:bank:euro  €${integer(1, 500)} @ $1.0${integer(1, 9)}`,
      '    assets:bank:checking',
    ],
    (amount) => [
      `    assets:broker  ${integer(1, 90)}.${integer(1_000, 9_999)} AAPL @@ $${amount}`,
      `    assets:bank:checking  $-${amount}`,
    ],
    () => {
      const grams = integer(1, 20);
      return [
        `    assets:safe  ${grams} "gold bar" @ $60`,
        `    assets:bank:checking  $-${grams * 60}`,
      ];
    },
    (amount) => [`    ${pick(expenses)}  $-${amount}`, '    assets:bank:checking  ; refund'],
    (amount) => [
      `    ${pick(expenses)}  $${amount}`,
      '    assets:bank:checking',
      `    [budget:${integer(1, 9)}]  $${amount}`,
      '    [budget:unallocated]',
    ],
    () => ['    assets:bank:checking  $0', '    income:interest  $0'],
  ];

  const lines = ['commodity $1000.00', 'commodity €1000.00', 'commodity 1000.0000 AAPL', ''];
  for (let i = 0; i < transactions; i += 1) {
    const day = new Date(
      Date.UTC(2020, 0, 1) + Math.floor((i * 1_400 * 86_400_000) / transactions),
    );
    const date = day.toISOString().slice(0, 10);
    const second = random() < 0.05 ? `=${date}` : '';
    const status = pick(['', '* ', '! ']);
    const code = random() < 0.1 ? `(${integer(1, 9_999)}) ` : '';
    const comment = random() < 0.2 ? `  ; trip:${pick(['rome', 'oslo'])}, a note` : '';
    lines.push(`${date}${second} ${status}${code}${pick(payees)}${comment}`);
    lines.push(...pick(kinds)(cents(100, 20_000)), '');
  }
  return lines.join('\n');
};
