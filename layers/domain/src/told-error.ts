/**
 * Marks classes of errors that were made to be told in logs and traces. `message`: it is put together by us, out
 * of constants and names of our own. `code`: only the code is. Whatever else throws may have a statement, a token
 * or an address in it.
 */
export const told: unique symbol = Symbol.for('atlas.told');

const toldOf = (error: Error): unknown => (error as { readonly [told]?: unknown })[told];

export const hasToldMessage = (error: Error): boolean => toldOf(error) === 'message';

/** SQLSTATE, and what Node and the system call an error. */
const codeOfOthers = /^(?:[0-9A-Z]{5}|E[A-Z][A-Z0-9_]{1,40})$/;

/** The code of an error, where it is one of ours or of a kind that is known to hold no data. */
export const toldCode = (error: Error): string | undefined => {
  const { code } = error as { readonly code?: unknown };
  if (typeof code !== 'string') return undefined;
  return toldOf(error) !== undefined || codeOfOthers.test(code) ? code : undefined;
};

const className = /^[A-Z][A-Za-z]{0,59}$/;

/** The name of an error's class. Anybody can write into `name`, so it is believed where it looks like one. */
export const toldName = (error: Error): string => {
  const { name } = error;
  const isOfClass = name === error.constructor.name || /(?:Error|Exception|Fault)$/.test(name);
  return isOfClass && className.test(name) ? name : 'Error';
};

/** What kind of an error it is: its code, or its class. Never throws, whatever it is given. */
export const kindOfError = (error: unknown): string => {
  try {
    return error instanceof Error ? (toldCode(error) ?? toldName(error)) : 'unknown';
  } catch {
    return 'unknown';
  }
};
