import { randomBytes } from 'node:crypto';

const pattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The caller's W3C trace context with a span of our own, or the start of a new trace. */
export const continueTrace = (header: string | undefined): string => {
  const span = randomBytes(8).toString('hex');
  if (header !== undefined && pattern.test(header)) {
    return `${header.slice(0, 36)}${span}${header.slice(52)}`;
  }
  return `00-${randomBytes(16).toString('hex')}-${span}-00`;
};
