import { randomUUID } from 'node:crypto';

const pattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** 32 hex digits. Node draws the randomness of UUIDs in blocks, and that of bytes one by one. */
const randomDigits = (): string => randomUUID().replaceAll('-', '');

/** The caller's W3C trace context with a span of our own, or the start of a new trace. */
export const continueTrace = (header: string | undefined): string => {
  const span = randomDigits().slice(0, 16);
  if (header !== undefined && pattern.test(header)) {
    return `${header.slice(0, 36)}${span}${header.slice(52)}`;
  }
  return `00-${randomDigits()}-${span}-00`;
};
