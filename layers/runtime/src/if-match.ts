import { Problem } from './problem.ts';

/** What a caller demands of a resource before it is changed (RFC 9110, section 13.1.1). */
export type Precondition =
  /** `*`: that it exists. */
  | { readonly kind: 'any' }
  /** That it has one of these versions. */
  | { readonly kind: 'versions'; readonly versions: readonly number[] };

const listPattern = /^(W\/)?"[\x21\x23-\x7e]*"(\s*,\s*(W\/)?"[\x21\x23-\x7e]*")*$/;
const tagPattern = /(W\/)?"([\x21\x23-\x7e]*)"/g;
const versionPattern = /^[1-9][0-9]{0,8}$/;

/** The entity tag of a version. */
export const entityTag = (version: number): string => `"${version}"`;

/**
 * Reads If-Match. Tags that are not ours, and weak ones, are well-formed and match nothing, since the
 * comparison is strong.
 */
export const parseIfMatch = (header: string | undefined): Precondition => {
  const value = header?.trim() ?? '';
  if (value === '') {
    const detail = 'Send the ETag that you read as If-Match, or * to change whatever is there.';
    throw new Problem('if-match-missing', detail);
  }
  if (value === '*') return { kind: 'any' };
  if (!listPattern.test(value)) {
    const detail = 'It is *, or entity tags in double quotes, with commas between them.';
    throw new Problem('if-match-malformed', detail);
  }
  const versions = [...value.matchAll(tagPattern)].flatMap(([, weak, tag = '']) =>
    weak === undefined && versionPattern.test(tag) ? [Number(tag)] : [],
  );
  return { kind: 'versions', versions };
};
