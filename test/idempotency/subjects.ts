import { randomUUID } from 'node:crypto';
import type { Answer, Harness, Subject } from './conformance-case.ts';
import { call } from './http-call.ts';

const created = (answer: Answer): Answer['body'] => {
  if (answer.status === 201) return answer.body;
  throw new Error(`expected 201, got ${answer.status}: ${JSON.stringify(answer.body)}`);
};

const itemsOf = ({ status, body }: Answer): readonly Readonly<Record<string, unknown>>[] => {
  if (status === 200 && Array.isArray(body.items)) return body.items;
  throw new Error(`expected a list, got ${status}: ${JSON.stringify(body)}`);
};

/**
 * What is tested of an API: each kind of write, in a tenant that has EUR and two accounts of its own.
 * They are opened anew, so that a suite can be run against the same deployment again and again.
 */
export const openSubjects = async (harness: Harness): Promise<readonly Subject[]> => {
  const post = (path: string, body: object) =>
    call(harness, { path, key: randomUUID(), body }).then(created);
  const list = (path: string) =>
    call(harness, { path, key: null, method: 'GET', body: undefined }).then(itemsOf);

  await post('/v1/assets', { code: 'EUR', scale: 2 });
  const open = async () =>
    String((await post('/v1/accounts', { asset: 'EUR', minBalance: null })).accountId);
  const [from, to] = [await open(), await open()];
  const order = { debitAccountId: from, creditAccountId: to, amount: '7' };
  const itself = { ...order, creditAccountId: from };
  const countOf = async (path: string) => (await list(path)).length;

  return [
    {
      name: 'transfers',
      keptIn: 'postgres',
      path: '/v1/transfers',
      status: 201,
      dryRun: true,
      body: (reference) => ({ postings: [order], reference }),
      refused: (reference) => ({ postings: [itself], reference }),
      effects: (mark) => countOf(`/v1/transfers?reference=${mark}`),
    },
    {
      name: 'batches',
      keptIn: 'postgres',
      path: '/v1/transfers/batch',
      status: 200,
      dryRun: true,
      body: (reference) => ({ items: [{ type: 'transfer', postings: [order], reference }] }),
      refused: (reference) => ({ items: [{ type: 'transfer', postings: [itself], reference }] }),
      effects: (mark) => countOf(`/v1/transfers?reference=${mark}`),
    },
    {
      name: 'holds',
      keptIn: 'postgres',
      path: '/v1/holds',
      status: 201,
      dryRun: true,
      body: (reference) => ({ ...order, reference }),
      refused: (reference) => ({ ...itself, reference }),
      effects: (mark) => countOf(`/v1/holds?reference=${mark}`),
    },
    {
      name: 'accounts',
      keptIn: 'postgres',
      path: '/v1/accounts',
      status: 201,
      dryRun: false,
      body: (name) => ({ asset: 'EUR', name }),
      refused: (name) => ({ asset: 'NONE', name }),
      effects: (mark) => countOf(`/v1/accounts?name=${mark}`),
    },
    {
      name: 'assets',
      keptIn: 'dynamodb',
      path: '/v1/assets',
      status: 201,
      dryRun: false,
      body: (code) => ({ code, scale: 2 }),
      refused: () => ({ code: 'EUR', scale: 3 }),
      effects: (mark) => countAssets(harness, mark),
    },
  ];
};

/** Assets have no filter. */
const countAssets = async (harness: Harness, mark: string): Promise<number> => {
  let found = 0;
  let path: string | undefined = '/v1/assets?limit=200';
  while (path !== undefined) {
    const page = await call(harness, { path, key: null, method: 'GET', body: undefined });
    found += itemsOf(page).filter(({ code }) => code === mark).length;
    path = /^<([^>]+)>; rel="next"$/.exec(page.headers.link ?? '')?.[1];
  }
  return found;
};
