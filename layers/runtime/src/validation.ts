import type * as z from 'zod';
import { type FieldError, Problem } from './problem.ts';

const pointerOf = (prefix: string, path: readonly PropertyKey[]): string =>
  prefix +
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const fieldErrors = (prefix: string, issues: readonly z.core.$ZodIssue[]): FieldError[] =>
  issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((name) => ({
          pointer: pointerOf(prefix, [...issue.path, name]),
          detail: 'is not a field of this request',
        }))
      : [{ pointer: pointerOf(prefix, issue.path), detail: issue.message }],
  );

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
