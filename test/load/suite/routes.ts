import type { EndpointName } from '../../../functions/manifest.ts';
import type { Random } from '../../chaos/framework/seeded-random.ts';
import { messageText } from '../http-messages.ts';
import { accountCount, accountId, drawPosting } from '../posting-calls.ts';

/** What callers ask for: an operation, and in the last case another way in which it is answered. */
export const routes = [
  'post-transfer',
  'read-balance',
  'read-account',
  'list-entries',
  'post-batch',
  'read-eventual-balance',
] as const;
export type Route = (typeof routes)[number];

/** How many of a hundred requests are for each route. */
export type Mix = Readonly<Partial<Record<Route, number>>>;

/** Mostly transfers; the rest is what their callers look at. */
export const usualMix: Mix = {
  'post-transfer': 60,
  'read-balance': 15,
  'read-account': 10,
  'list-entries': 10,
  'post-batch': 5,
};

/** Which function serves each route. */
export const functionOf: Readonly<Record<Route, EndpointName>> = {
  'post-transfer': 'post-transfer',
  'read-balance': 'read-balance',
  'read-account': 'read-account',
  'list-entries': 'list-entries',
  'post-batch': 'post-batch',
  'read-eventual-balance': 'read-balance',
};

/** Draws routes as often as the mix says; the same random numbers give the same routes. */
export const routeDrawer = (mix: Mix, random: Random): (() => Route) => {
  const shares = routes.map((route) => [route, mix[route] ?? 0] as const);
  const all = shares.reduce((sum, [, share]) => sum + share, 0);
  if (!(all > 0)) throw new RangeError('a mix needs a route');
  return () => {
    let left = random.next() * all;
    const drawn = shares.find(([, share]) => {
      left -= share;
      return left < 0;
    });
    return (drawn ?? ['post-transfer'])[0];
  };
};

const posting = () => {
  const { debit, credit } = drawPosting('spread');
  return { debitAccountId: debit, creditAccountId: credit, amount: '1' };
};

const itemsInABatch = 10;
const batch = () => ({
  items: Array.from({ length: itemsInABatch }, () => ({ type: 'transfer', postings: [posting()] })),
});

/** Of the accounts, what reads ask for: the read model of the suite has these. */
export const viewedAccounts = 100;

/** The name under which a request and its answer belong together; see connection.ts. */
export const exchangeHeader = 'x-exchange';

/** Writes requests as they go over the wire. Each has an Idempotency-Key of its own where it needs one. */
export const requestWriter = (token: string, random: Random) => {
  const asked = { Host: '127.0.0.1', Authorization: `Bearer ${token}` };
  const post = (path: string, body: object, exchange: string): string =>
    messageText(
      `POST ${path} HTTP/1.1`,
      {
        ...asked,
        'Content-Type': 'application/json',
        'Idempotency-Key': crypto.randomUUID(),
        [exchangeHeader]: exchange,
      },
      JSON.stringify(body),
    );
  const get = (path: string, exchange: string): string =>
    messageText(`GET ${path} HTTP/1.1`, { ...asked, [exchangeHeader]: exchange });
  const account = (among: number): string =>
    `/v1/accounts/${accountId(random.integer(0, among - 1))}`;
  const write: Record<Route, (exchange: string) => string> = {
    'post-transfer': (exchange) => post('/v1/transfers', { postings: [posting()] }, exchange),
    'post-batch': (exchange) => post('/v1/transfers/batch', batch(), exchange),
    'read-account': (exchange) => get(account(accountCount), exchange),
    'read-balance': (exchange) => get(`${account(accountCount)}/balance`, exchange),
    'list-entries': (exchange) => get(`${account(accountCount)}/entries`, exchange),
    'read-eventual-balance': (exchange) =>
      get(`${account(viewedAccounts)}/balance?consistency=eventual`, exchange),
  };
  return (route: Route, exchange: string): string => write[route](exchange);
};
