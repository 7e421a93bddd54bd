import type * as z from 'zod';
import { type FieldError, Problem } from './problem.ts';

const pointerOf = (prefix: string, path: readonly PropertyKey[]): string =>
  prefix +
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/**
 * How many mistakes an answer names. A body of 256 KiB has room for 80,000 of them, which told one by
 * one would be more than Lambda can answer.
 */
export const maxFieldErrors = 100;

/** The pointers are as long as the keys that a caller invents. */
const maxPointerLength = 512;

const fieldErrors = (prefix: string, issues: readonly z.core.$ZodIssue[]): FieldError[] => {
  const found: FieldError[] = [];
  const add = (path: readonly PropertyKey[], detail: string) => {
    if (found.length === maxFieldErrors) return;
    const pointer = pointerOf(prefix, path).slice(0, maxPointerLength);
    found.push({ pointer: pointer.toWellFormed(), detail });
  };
  for (const issue of issues.slice(0, maxFieldErrors)) {
    if (issue.code !== 'unrecognized_keys') {
      add(issue.path, issue.message);
      continue;
    }
    for (const name of issue.keys.slice(0, maxFieldErrors)) {
      add([...issue.path, name], 'is not a field of this request');
    }
  }
  return found;
};

/** Parses, or throws a problem with a JSON pointer for each thing that is wrong. */
export const parseWith = <Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: 'body' | 'path' | 'query',
): z.output<Schema> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const prefix = where === 'body' ? '' : `/${where}`;
  throw new Problem('validation-failed', `The ${where} is not what this endpoint takes.`, {
    errors: fieldErrors(prefix, result.error.issues),
  });
};
