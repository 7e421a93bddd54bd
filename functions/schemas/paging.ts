import type { Page, PageRequest } from '@atlas/domain';
import { type EndpointAnswer, readCursor, signCursor } from '@atlas/runtime';

/** A parsed query: what narrows the list, beside limit and cursor. */
type ListQuery = Readonly<
  Record<string, string | number | bigint | Readonly<Record<string, string>> | undefined>
> & { readonly limit: number; readonly cursor?: string | undefined };

const notFilters = new Set(['limit', 'cursor']);

/** The list a cursor belongs to. */
interface ListScope {
  readonly tenant: string;
  readonly path: string;
}

/** The filters as parameters, by name: `metadata[key]` for a pair, numbers and amounts as text. */
const filtersOf = (query: ListQuery): readonly [string, string][] =>
  Object.entries(query)
    .flatMap(([name, value]): [string, string][] => {
      if (value === undefined || notFilters.has(name)) return [];
      if (typeof value !== 'object') return [[name, value.toString()]];
      return Object.entries(value).map(([key, member]) => [`${name}[${key}]`, member]);
    })
    .toSorted(([a], [b]) => (a < b ? -1 : 1));

/** A cursor goes on with the list that it was made for: the tenant's, here, narrowed alike. */
const scopeOf = ({ tenant, path }: ListScope, query: ListQuery): string[] => [
  tenant,
  path,
  ...filtersOf(query).map(([name, value]) => `${name}=${value}`),
];

export const pageRequest = async (query: ListQuery, list: ListScope): Promise<PageRequest> => ({
  limit: query.limit,
  after: query.cursor === undefined ? null : await readCursor(scopeOf(list, query), query.cursor),
});

/** One page, with the next one's cursor in the body and as a Link header (RFC 8288). */
export const pageAnswer = async <T>(
  page: Page<T>,
  wire: (item: T) => unknown,
  query: ListQuery,
  list: ListScope,
  more: Readonly<Record<string, unknown>> = {},
): Promise<EndpointAnswer> => {
  const nextCursor = page.next === null ? null : await signCursor(scopeOf(list, query), page.next);
  const body = { ...more, items: page.items.map(wire), nextCursor };
  if (nextCursor === null) return { body };
  const next = new URLSearchParams([
    ...filtersOf(query),
    ['limit', String(query.limit)],
    ['cursor', nextCursor],
  ]);
  return { body, headers: { Link: `<${list.path}?${next.toString()}>; rel="next"` } };
};
