/**
 * The source of a pattern for the decimal integers from 1 to `max`: for tools that read the API
 * description, and would else take every integer of as many digits for a valid amount.
 */
export const decimalPattern = (max: bigint): string => {
  const digits = max.toString();
  const rest = (length: number): string => (length === 0 ? '' : `[0-9]{${length}}`);
  const shorter = digits.length > 1 ? [`[1-9][0-9]{0,${digits.length - 2}}`] : [];
  const smaller = digits.split('').flatMap((digit, i) => {
    const lowest = i === 0 ? 1 : 0;
    const highest = Number(digit) - 1;
    if (highest < lowest) return [];
    const one = highest === lowest ? `${lowest}` : `[${lowest}-${highest}]`;
    return [`${digits.slice(0, i)}${one}${rest(digits.length - 1 - i)}`];
  });
  return `(${[...shorter, ...smaller, digits].join('|')})`;
};
