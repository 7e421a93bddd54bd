/** The manifest's row of this name, whatever its place. */
export const rowNamed = <Row extends { readonly name: string }, Name extends Row['name']>(
  rows: readonly Row[],
  name: Name,
): Extract<Row, { readonly name: Name }> => {
  const row = rows.find((one) => one.name === name);
  if (row === undefined) throw new Error(`the manifest has no ${name}`);
  return row as Extract<Row, { readonly name: Name }>;
};
