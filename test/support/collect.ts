/** Everything that comes, in order. */
export const collect = async <T>(source: AsyncIterable<T>): Promise<readonly T[]> => {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
};
