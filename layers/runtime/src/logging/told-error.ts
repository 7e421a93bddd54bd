import { hasToldMessage, toldCode, toldName } from '@atlas/domain';

/** What a log line says of an error. */
export interface ToldError {
  readonly name: string;
  readonly code?: string;
  /** Only of errors whose messages are ours. */
  readonly message?: string;
  /** Where it was thrown: functions and places, nothing else. */
  readonly stack?: readonly string[];
  readonly cause?: ToldError;
}

/** Deep enough for an adapter's error, the client's below it and the system's below that. */
const maxCauses = 5;
const maxFrames = 12;

const frame =
  /^\s+at (?:(?:async |new )?[A-Za-z_$<][\w.<>$# [\]]{0,120} \()?(?:async )?(?:file:\/\/|node:|\/)[\w@./:<>-]{1,300}:\d+:\d+\)?$/;

/**
 * Reduces whatever was thrown to what may be told: of an error that is not ours neither its message nor any
 * property but a code, since the errors of clients quote statements, addresses and credentials. Never throws.
 */
export const toldError = (thrown: unknown, depth = 0): ToldError => {
  try {
    return thrown instanceof Error ? reduced(thrown, depth) : { name: 'NoError' };
  } catch {
    // Something about it throws when it is looked at.
    return { name: 'UnreadableError' };
  }
};

const reduced = (error: Error, depth: number): ToldError => {
  const code = toldCode(error);
  const stack = framesOf(error);
  const { cause } = error;
  return {
    name: toldName(error),
    ...(code === undefined ? {} : { code }),
    ...(hasToldMessage(error) ? { message: error.message } : {}),
    ...(stack.length === 0 ? {} : { stack }),
    ...(cause === undefined || depth === maxCauses ? {} : { cause: toldError(cause, depth + 1) }),
  };
};

/** A stack begins with the message, whose lines may look like anything: only what follows it is read. */
const framesOf = ({ stack, message }: Error): string[] => {
  if (typeof stack !== 'string') return [];
  const at = message === '' ? 0 : stack.indexOf(message);
  // Whoever changed the message after the stack was made: nobody knows where it ends.
  if (at === -1) return [];
  return stack
    .slice(at + message.length)
    .split('\n')
    .filter((line) => frame.test(line))
    .slice(0, maxFrames)
    .map((line) => line.trim());
};
