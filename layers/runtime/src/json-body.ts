import { Problem } from './problem.ts';

export const maxBodyBytes = 256 * 1024;
export const maxDepth = 16;

/** The nesting of a JSON text, read before it is parsed: brackets outside of strings. */
const exceedsDepth = (text: string): boolean => {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text.charCodeAt(i);
    if (inString) {
      if (character === 0x5c) i += 1;
      else if (character === 0x22) inString = false;
    } else if (character === 0x22) {
      inString = true;
    } else if (character === 0x7b || character === 0x5b) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (character === 0x7d || character === 0x5d) {
      depth -= 1;
    }
  }
  return false;
};

/** The raw text of a body within its limits. */
export const rawBody = (event: {
  readonly body: string | null;
  readonly isBase64Encoded: boolean;
}): string => {
  const text = event.body ?? '';
  const raw = event.isBase64Encoded ? Buffer.from(text, 'base64').toString('utf8') : text;
  if (raw.length > maxBodyBytes || Buffer.byteLength(raw) > maxBodyBytes) {
    throw new Problem('body-too-large', `A body may have ${maxBodyBytes} bytes.`);
  }
  return raw;
};

export const parseJson = (raw: string, contentType: string | undefined): unknown => {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new Problem('media-type-unsupported', 'Send "Content-Type: application/json".');
  }
  if (exceedsDepth(raw)) {
    throw new Problem('validation-failed', `A body may nest ${maxDepth} levels deep.`);
  }
  try {
    return JSON.parse(raw);
  } catch (error) {
    throw new Problem('malformed-json', 'The body could not be read as JSON.', { cause: error });
  }
};
