/** What an asset can have at most. */
const places = 18;

const separatedBy: Readonly<Record<'.' | ',', RegExp>> = {
  '.': /^([+-]?)(\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?:['’ \u00a0\u202f]\d{3})+)(?:\.(\d+))?(-?)$/,
  ',': /^([+-]?)(\d+|\d{1,3}(?:\.\d{3})+|\d{1,3}(?:['’ \u00a0\u202f]\d{3})+)(?:,(\d+))?(-?)$/,
};

/**
 * A decimal number as a whole number of 10^-18, exactly: no floating point. Thousands may be grouped, a
 * minus may stand at the end. Undefined where it is no such number, or has more than 18 decimals.
 */
export const attoOf = (text: string, separator: '.' | ','): bigint | undefined => {
  const found = separatedBy[separator].exec(text.replaceAll('−', '-'));
  if (found === null) return undefined;
  const [, sign = '', whole = '', decimals = '', trailing = ''] = found;
  if (sign !== '' && trailing !== '') return undefined;
  const fraction = decimals.replace(/0+$/, '');
  if (fraction.length > places || whole.length + decimals.length > 80) return undefined;
  const atto = BigInt(whole.replaceAll(/\D/g, '') + fraction.padEnd(places, '0'));
  return sign === '-' || trailing === '-' ? -atto : atto;
};

/** In units of 10^-scale; undefined where digits would be lost. */
export const minorOf = (atto: bigint, scale: number): bigint | undefined => {
  const unit = 10n ** BigInt(places - scale);
  return atto % unit === 0n ? atto / unit : undefined;
};
