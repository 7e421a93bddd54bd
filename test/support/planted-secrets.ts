import * as fc from 'fast-check';

/** Something that must not be written, and how it looks where it is. */
export interface Secret {
  readonly text: string;
  /** No name of a thing looks like it: it may stand even in a field that may be told. */
  readonly isTelltale: boolean;
}

const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789'.split('');
const random = (minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const digits = (length: number) =>
  fc.string({
    unit: fc.constantFrom(...'0123456789'.split('')),
    minLength: length,
    maxLength: length,
  });

const telltale = [
  random(12, 20).map((text) => `eyJ${text}.eyJ${text}.${text}`),
  random(24).map((text) => `Bearer ${text}`),
  digits(14).map((text) => `41${text}`),
  digits(18).map((text) => `DE${text.padEnd(20, '7')}`),
  random(8).map((text) => `${text}@example.com`),
  random(10).map((text) => `postgres://atlas:${text}@10.0.0.7:5432/atlas?sslmode=require`),
  random(10).map((text) => `password is ${text} "quoted" \\ \n and more`),
] as const;

const wordlike = [
  random(12, 30),
  random(20).map((text) => `sk_live_${text}`),
  random(8).map((text) => `пароль-${text}-秘密`),
  // Composed and decomposed, and beyond the basic plane.
  random(8).map((text) => `e\u0301\u00e9${text}\u{1f511}`),
] as const;

export const secret: fc.Arbitrary<Secret> = fc.oneof(
  ...telltale.map((one) => one.map((text) => ({ text, isTelltale: true }))),
  ...wordlike.map((one) => one.map((text) => ({ text, isTelltale: false }))),
);

/** How a text may look once it is written. */
const formsOf = (text: string): readonly string[] => [
  text,
  JSON.stringify(text).slice(1, -1),
  text.normalize('NFC'),
  text.normalize('NFD'),
  encodeURIComponent(text),
  Buffer.from(text).toString('base64'),
  Buffer.from(text).toString('hex'),
];

/** Which of the secrets can be found in what was written. */
export const leaksIn = (written: string, secrets: readonly Secret[]): readonly string[] =>
  secrets
    .map(({ text }) => text)
    .filter((text) => formsOf(text).some((form) => written.includes(form)));
