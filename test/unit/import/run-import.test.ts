import { describe, expect, it } from 'vitest';
import type { ImportItem } from '../../../localstack/import/import-item.ts';
import type { Answer } from '../../../localstack/import/ledger-client.ts';
import { runImport } from '../../../localstack/import/run-import.ts';

const count = 600;

async function* items(): AsyncIterable<ImportItem> {
  for (const ref of ['a', 'b']) {
    yield {
      ...{ kind: 'account', asset: 'EUR', ref, name: null, metadata: {}, where: ref },
      ...{ minBalance: null, maxBalance: null, reuse: false },
    } as ImportItem;
  }
  for (let n = 0; n < count; n += 1) {
    yield {
      ...{ kind: 'transfer', where: `line ${n}`, identity: `transfer ${n}`, ref: null },
      ...{ postings: [{ debit: 'a', credit: 'b', amount: '1' }], effectiveAt: null },
      ...{ reference: null, metadata: {} },
    } as ImportItem;
  }
}

/** An API with so many places: what finds none waits for one. Tells how many requests were there at once. */
const apiWith = (places: number, serviceMs: number) => {
  let present = 0;
  const presentAt: number[] = [];
  let free = Promise.resolve();
  const perPlaceMs = serviceMs / places;
  const post = async (path: string): Promise<Answer> => {
    if (path.startsWith('/v1/accounts')) {
      return { status: 201, headers: {}, body: { accountId: path } } as unknown as Answer;
    }
    present += 1;
    presentAt.push(present);
    // One after the other at the pace of all places together, and each for as long as it takes.
    free = free.then(() => new Promise((resolve) => setTimeout(resolve, perPlaceMs)));
    await Promise.all([free, new Promise((resolve) => setTimeout(resolve, serviceMs))]);
    present -= 1;
    return { status: 201, headers: {}, body: { transferId: 't' } } as unknown as Answer;
  };
  return { post, get: async () => ({ status: 200, headers: {}, body: {} }) as Answer, presentAt };
};

describe('an import', () => {
  it('has no more under way than it may, and one only where that is asked for', async () => {
    for (const concurrency of [1, 6]) {
      const client = apiWith(100, 2);
      const report = await runImport({ items: items(), client, concurrency });
      expect(report).toMatchObject({ imported: count, refused: [] });
      const most = Math.max(...client.presentAt);
      expect(most).toBeLessThanOrEqual(concurrency);
      // How far it goes up is a matter of what it measures.
      expect(most).toBeGreaterThanOrEqual(Math.min(2, concurrency));
    }
  });

  it('has fewer under way where the API would only let them wait', async () => {
    const client = apiWith(4, 8);
    await runImport({ items: items(), client, concurrency: 64 });
    const settled = client.presentAt.slice(count / 2).toSorted((a, b) => a - b);
    // It may have four times as many as there are places, and not what it was allowed.
    expect(settled[Math.floor(settled.length / 2)]).toBeGreaterThanOrEqual(2);
    expect(settled.at(-1)).toBeLessThanOrEqual(24);
  });
});
