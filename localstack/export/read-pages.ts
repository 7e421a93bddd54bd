import type { LedgerClient } from '../import/ledger-client.ts';
import { Trouble } from '../trouble.ts';

/** Everything that a list of the API holds, page by page. */
export async function* readPages<T>(client: LedgerClient, path: string): AsyncGenerator<T> {
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = new URLSearchParams({ limit: '200', ...(cursor === '' ? {} : { cursor }) });
    const { status, body } = await client.get(`${path}?${query.toString()}`);
    if (status !== 200) throw new Trouble(`${path} answered ${status}: ${body?.detail ?? ''}`);
    const page = body as unknown as { readonly items: readonly T[]; nextCursor: string | null };
    yield* page.items;
    cursor = page.nextCursor;
  }
}
