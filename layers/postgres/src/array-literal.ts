/**
 * An array of ids or numbers as Postgres reads it. None of them needs quoting, which the driver would
 * look for in each.
 */
export const arrayLiteral = (all: readonly (string | number | bigint | null)[]): string =>
  `{${all.map((one) => one ?? 'NULL').join(',')}}`;
