import pg from 'pg';

const int8 = 20;
const int8Array = 1016;

const textArray = 1009;

export const bigints = (text: string): bigint[] =>
  text === '{}' ? [] : text.slice(1, -1).split(',').map(BigInt);

const anyTexts: (text: string) => string[] = pg.types.getTypeParser(textArray as number, 'text');

/** Arrays without quotes, escapes, nulls or arrays in them, which ours are, are split. */
export const texts = (text: string): string[] =>
  /^\{[\w.,-]+\}$/.test(text) && !text.includes('NULL')
    ? text.slice(1, -1).split(',')
    : anyTexts(text);

/** Reads bigint columns as `bigint`: pg's default is a string, and a number would lose digits. */
export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (oid === int8) return BigInt;
    if (oid === int8Array) return bigints;
    if (oid === textArray) return texts;
    return pg.types.getTypeParser(oid, format as 'text');
  },
};
