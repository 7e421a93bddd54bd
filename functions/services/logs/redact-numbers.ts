import { isIban } from './is-iban.ts';

/** From the shortest to the longest there is, in characters without blanks. */
const ibanLengths = { least: 15, most: 34 } as const;
const cardLengths = { least: 13, most: 19 } as const;

const ibanHead = /\b[A-Z]{2}\d{2}/g;
/** Blanks stand between groups of it, or not. */
const ibanTail = /(?: ?[A-Z\d]){11,30}/y;
const digitRun = /\b\d(?:[ -]?\d){12,}\b/g;

/** How many characters of the text, from there on, are the number of an account at a bank; 0: none. */
const ibanAt = (text: string, from: number): number => {
  ibanTail.lastIndex = from + 4;
  const tail = ibanTail.exec(text)?.[0];
  if (tail === undefined) return 0;
  const whole = text.slice(from, from + 4) + tail;
  let compact = '';
  for (const [i, one] of whole.split('').entries()) {
    if (one === ' ') continue;
    compact += one;
    if (compact.length >= ibanLengths.least && isIban(compact)) return i + 1;
    if (compact.length === ibanLengths.most) break;
  }
  return 0;
};

/** Luhn’s check, which every number of a card passes, and one in ten of other numbers. */
const passesLuhn = (digits: string): boolean => {
  const sum = digits
    .split('')
    .reverse()
    .reduce((before, digit, i) => {
      const weighed = i % 2 === 0 ? Number(digit) : Number(digit) * 2;
      return before + (weighed > 9 ? weighed - 9 : weighed);
    }, 0);
  return sum % 10 === 0;
};

/** Whether the number of a card may be in it: other digits may stand before and after. */
const hasCard = (run: string): boolean => {
  const digits = run.replaceAll(/\D/g, '');
  // So long is no number of anything; and every place of it would be tried.
  if (digits.length > 64) return true;
  for (let length = cardLengths.least; length <= cardLengths.most; length += 1) {
    for (let from = 0; from + length <= digits.length; from += 1) {
      if (passesLuhn(digits.slice(from, from + length))) return true;
    }
  }
  return false;
};

/** Without the numbers of accounts at banks and of cards, wherever they begin and end. */
export const redactNumbers = (text: string, removed: string): string => {
  let left = '';
  let at = 0;
  for (const { index } of text.matchAll(ibanHead)) {
    const length = index < at ? 0 : ibanAt(text, index);
    if (length === 0) continue;
    left += text.slice(at, index) + removed;
    at = index + length;
  }
  return (left + text.slice(at)).replaceAll(digitRun, (run) => (hasCard(run) ? removed : run));
};
