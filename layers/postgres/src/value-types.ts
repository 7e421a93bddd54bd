import pg from 'pg';

const int8 = 20;
const int8Array = 1016;

const bigints = (text: string): bigint[] =>
  text === '{}' ? [] : text.slice(1, -1).split(',').map(BigInt);

/** Reads bigint columns as `bigint`: pg's default is a string, and a number would lose digits. */
export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (oid === int8) return BigInt;
    if (oid === int8Array) return bigints;
    return pg.types.getTypeParser(oid, format as 'text');
  },
};
