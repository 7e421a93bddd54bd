import type { ApiClient } from './api-client.ts';

/** Numbers from 0 to below `bound` that are the same for the same seed (a linear congruence). */
export const dice = (seed: number): ((bound: number) => number) => {
  let state = seed;
  return (bound) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * bound);
  };
};

const pick = <T>(from: readonly T[], roll: (bound: number) => number): T =>
  from[roll(from.length)] as T;

/** Accounts that are told apart by metadata `n`: two share a name, one has none, some have limits. */
const openAccounts = async (client: ApiClient): Promise<string[]> => {
  const names = ['world', 'alice', 'shop', 'shop', null, 'till'];
  const ids: string[] = [];
  for (const asset of ['EUR', 'JPY']) {
    await client.asset(asset, asset === 'EUR' ? 2 : 0);
    for (const name of names) {
      const limits = name === 'alice' ? { minBalance: '0', maxBalance: '500' } : {};
      const metadata = { n: String(ids.length), kind: 'tested' };
      ids.push(await client.account({ asset, name, metadata, ...limits }));
    }
  }
  return ids;
};

/**
 * Does a bit of everything that the API can do to accounts, several things at a time. What is refused
 * is refused; the history is what was not. Returns the accounts, in the order of their metadata `n`.
 */
export const randomHistory = async (
  client: ApiClient,
  steps: number,
  seed: number,
): Promise<readonly string[]> => {
  const roll = dice(seed);
  const ids = await openAccounts(client);
  const perAsset = ids.length / 2;
  const transfers: string[] = [];
  const holds: string[] = [];
  const posting = () => {
    const first = roll(2) * perAsset;
    const debit = roll(perAsset);
    const credit = (debit + 1 + roll(perAsset - 1)) % perAsset;
    return {
      debitAccountId: ids[first + debit],
      creditAccountId: ids[first + credit],
      amount: String(1 + roll(60)),
    };
  };
  const annotations = () => ({
    ...(roll(3) === 0 ? { reference: `invoice ${roll(1_000)}` } : {}),
    ...(roll(3) === 0 ? { metadata: { note: 'ä "quoted"' } } : {}),
    ...(roll(4) === 0 ? { effectiveAt: `2025-0${1 + roll(9)}-15T12:00:00.000Z` } : {}),
  });
  const transfer = () => ({
    postings: Array.from({ length: 1 + roll(2) * roll(4) }, posting),
    ...annotations(),
  });
  const { reference, ...noTime } = { reference: 'order 17', metadata: { channel: 'web' } };
  const kinds = [
    () => client.post('/v1/transfers', transfer()),
    () => client.post('/v1/transfers', transfer()),
    () => client.post('/v1/holds', { ...posting(), reference, ...noTime }),
    () => client.post(`/v1/holds/${pick(holds, roll)}/capture`, { amount: '3', final: false }),
    () => client.post(`/v1/holds/${pick(holds, roll)}/capture`, { amount: '2' }),
    () => client.post(`/v1/holds/${pick(holds, roll)}/capture`, {}),
    () => client.post(`/v1/holds/${pick(holds, roll)}/void`, {}),
    () => client.post(`/v1/transfers/${pick(transfers, roll)}/reversal`, annotations()),
    () =>
      client.post('/v1/transfers/batch', {
        atomic: roll(2) === 0,
        items: [
          { type: 'transfer', ...transfer() },
          { type: 'hold', ...posting() },
        ],
      }),
  ];
  for (let done = 0; done < steps; done += 4) {
    const able = kinds.filter((_, i) =>
      i < 3 || i > 7 ? true : i === 7 ? transfers.length : holds.length,
    );
    const answers = await Promise.all(Array.from({ length: 4 }, () => pick(able, roll)()));
    for (const { status, body } of answers) {
      if (status >= 300 || body.items !== undefined) continue;
      if (body.holdId != null) holds.push(body.holdId);
      if (body.transferId != null) transfers.push(body.transferId);
    }
  }
  return ids;
};
