/** The row of this name: by its name, so that the order of the manifest means nothing. */
export const rowOf = <Row extends { readonly name: string }, Name extends Row['name']>(
  rows: readonly Row[],
  name: Name,
): Extract<Row, { readonly name: Name }> => {
  const found = rows.find((row): row is Extract<Row, { readonly name: Name }> => row.name === name);
  if (found === undefined) throw new Error(`the manifest has no ${name}`);
  return found;
};
