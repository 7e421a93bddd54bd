import { createHash } from 'node:crypto';

const maxCodeLength = 32;
const maxNameLength = 2_048;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * The asset code of a commodity: itself where it can be one, else `x-` and its UTF-8 bytes in hex,
 * which can be read back. What is too long even so is cut to a hash.
 */
export const assetCodeOf = (commodity: string): string => {
  const plain = /^[A-Za-z][A-Za-z0-9._-]{0,31}$/.test(commodity);
  if (plain && !commodity.startsWith('x-')) return commodity;
  const hex = `x-${Buffer.from(commodity).toString('hex')}`;
  return hex.length <= maxCodeLength ? hex : `x-${sha256(commodity).slice(0, maxCodeLength - 2)}`;
};

/** The commodity of such a code; undefined where it was hashed. */
export const commodityOf = (code: string): string | undefined => {
  if (!code.startsWith('x-')) return code;
  const hex = code.slice(2);
  const commodity = Buffer.from(hex, 'hex').toString();
  return assetCodeOf(commodity) === code ? commodity : undefined;
};

/** Names beyond what an account can carry end in a hash of the whole, so they stay apart. */
export const accountNameOf = (name: string): string =>
  name.length <= maxNameLength
    ? name
    : `${name.slice(0, maxNameLength - 66).toWellFormed()}…${sha256(name)}`;

const clean = (text: string): string => text.toWellFormed().replaceAll('\u0000', '').trim();

/** Pairs for a transfer's metadata: at most 50, keys to 64 characters, values to 512. */
export const metadataOf = (
  pairs: readonly (readonly [string, string | null])[],
): Record<string, string> => {
  const kept = pairs.flatMap(([key, value]) => {
    const text = clean(value ?? '');
    if (text === '') return [];
    const short = text.length <= 512 ? text : `${text.slice(0, 511).toWellFormed()}…`;
    return [[clean(key).slice(0, 64).toWellFormed() || 'note', short] as const];
  });
  return Object.fromEntries(kept.slice(0, 50));
};
