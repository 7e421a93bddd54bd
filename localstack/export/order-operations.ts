/**
 * Puts operations in an order in which each account sees them as it did: `sequences` are, account by
 * account, the operations on it in the order of its versions. Among those that do not touch the same
 * account, the order of `operations` decides. Linear in the number of places that operations have.
 *
 * Throws where two accounts contradict each other, which those of one ledger never do.
 */
export const orderOperations = (
  operations: readonly string[],
  sequences: ReadonlyMap<string, readonly string[]>,
): readonly string[] => {
  const accountsOf = new Map<string, string[]>();
  for (const [account, sequence] of sequences) {
    for (const operation of sequence) {
      const accounts = accountsOf.get(operation);
      if (accounts === undefined) accountsOf.set(operation, [account]);
      else accounts.push(account);
    }
  }
  const done = new Map<string, number>();
  const nextOn = (account: string) => sequences.get(account)?.[done.get(account) ?? 0];
  const ordered = new Set<string>();
  for (const wanted of operations) {
    const waiting = [wanted];
    const isWaiting = new Set(waiting);
    for (let top = waiting.at(-1); top !== undefined; top = waiting.at(-1)) {
      const accounts = ordered.has(top) ? [] : (accountsOf.get(top) ?? []);
      const first = accounts.map(nextOn).find((operation) => operation !== top);
      if (first === undefined) {
        for (const account of accounts) done.set(account, (done.get(account) ?? 0) + 1);
        ordered.add(top);
        waiting.pop();
        isWaiting.delete(top);
      } else if (isWaiting.has(first)) {
        throw new Error(`${top} and ${first} each come before the other`);
      } else {
        waiting.push(first);
        isWaiting.add(first);
      }
    }
  }
  return [...ordered];
};
