/** The groups of operations, by the first segment of their path; a tag without a text is a lint error. */
const texts: Readonly<Record<string, string>> = {
  health: 'Whether it runs, and what it needs does.',
  description: 'What the API can do, for programs and for people.',
  assets: 'What is counted: currencies, points, anything with a scale. They never change.',
  accounts: 'What holds an asset: its balance, its limits, its entries.',
  transfers: 'Postings between accounts, all or nothing. Immutable; taken back by reversals.',
  holds: 'Pending postings that reserve funds until they are captured, voided or expired.',
  monitors: 'Conditions on the balance of an account, of which somebody is told.',
  webhooks: 'Addresses to which events are sent, signed and in order, and what was sent.',
  reconciliations:
    "What an external statement and an account's entries have in common, and what not.",
  ops: 'What operators look at.',
  reports: 'What everything adds up to.',
  uploads: 'Files that are too large for a request.',
};

const together: Readonly<Record<string, string>> = {
  'openapi.json': 'description',
  docs: 'description',
};

export const tagOf = (path: string): string => {
  const segment = path.split('/')[2] ?? '';
  return together[segment] ?? segment;
};

export const tagsOf = (paths: readonly string[]) =>
  [...new Set(paths.map(tagOf))].map((name) => {
    const description = texts[name];
    return { name, ...(description === undefined ? {} : { description }) };
  });
