import type { Page, PageRequest } from '@atlas/domain';
import { type EndpointAnswer, readCursor, signCursor } from '@atlas/runtime';

interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** The list a cursor belongs to: tenant, address, and the filters beside it. */
interface ListScope {
  readonly tenant: string;
  readonly path: string;
  readonly filters?: Readonly<Record<string, string | undefined>>;
}

const scopeOf = ({ tenant, path, filters = {} }: ListScope): string[] => [
  tenant,
  path,
  ...Object.entries(filters).map(([name, value]) => `${name}=${value ?? ''}`),
];

export const pageRequest = async (query: PageQuery, list: ListScope): Promise<PageRequest> => ({
  limit: query.limit,
  after: query.cursor === undefined ? null : await readCursor(scopeOf(list), query.cursor),
});

/** One page, with the next one's cursor in the body and as a Link header (RFC 8288). */
export const pageAnswer = async <T>(
  page: Page<T>,
  wire: (item: T) => unknown,
  query: PageQuery,
  list: ListScope,
  more: Readonly<Record<string, unknown>> = {},
): Promise<EndpointAnswer> => {
  const nextCursor = page.next === null ? null : await signCursor(scopeOf(list), page.next);
  const body = { ...more, items: page.items.map(wire), nextCursor };
  if (nextCursor === null) return { body };
  const given = Object.entries(list.filters ?? {}).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  const next = new URLSearchParams([
    ...given,
    ['limit', String(query.limit)],
    ['cursor', nextCursor],
  ]);
  return { body, headers: { Link: `<${list.path}?${next.toString()}>; rel="next"` } };
};
