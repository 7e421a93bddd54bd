import { retentionPath, type SearchRequest } from './search-files.ts';

/** A domain that was just made may take a while to let its master user in. */
const requestTimeoutMs = 20_000;

export interface SearchDomain {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** It answered, and not that it was done. */
class DomainAnswer extends Error {
  override readonly name = 'DomainAnswer';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const bodyOf = ({ body, savedObjects }: SearchRequest): string | FormData | undefined => {
  if (savedObjects === undefined) return body === undefined ? undefined : JSON.stringify(body);
  const form = new FormData();
  form.set('file', new Blob([savedObjects], { type: 'application/ndjson' }), 'atlas.ndjson');
  return form;
};

/**
 * Makes one request to the domain. Throws with what it was about, the status and the beginning of the answer.
 */
export const askDomain = async (domain: SearchDomain, request: SearchRequest): Promise<unknown> => {
  const { what, method, path } = request;
  const credentials = Buffer.from(`${domain.user}:${domain.password}`).toString('base64');
  const body = bodyOf(request);
  const answer = await fetch(`${domain.url}${path}`, {
    method,
    headers: {
      Authorization: `Basic ${credentials}`,
      // Dashboards wants it of everybody who changes something.
      'osd-xsrf': 'true',
      ...(typeof body === 'string' ? { 'Content-Type': 'application/json' } : {}),
    },
    signal: AbortSignal.timeout(requestTimeoutMs),
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  const said = `${what}: ${answer.status} ${text.slice(0, 300)}`;
  if (!answer.ok) throw new DomainAnswer(said, answer.status);
  const result = JSON.parse(text || 'null') as { success?: boolean } | null;
  // The import of saved objects answers 200 when some could not be imported.
  if (result?.success === false) throw new DomainAnswer(said, answer.status);
  return result;
};

interface KnownPolicy {
  readonly _seq_no: number;
  readonly _primary_term: number;
}

/** A policy that exists is only replaced by who says which version he saw. */
const revisedPath = async (domain: SearchDomain): Promise<string> => {
  try {
    const about: SearchRequest = { what: 'the known policy', method: 'GET', path: retentionPath };
    const known = (await askDomain(domain, about)) as KnownPolicy;
    return `${retentionPath}?if_seq_no=${known._seq_no}&if_primary_term=${known._primary_term}`;
  } catch (error) {
    if (error instanceof DomainAnswer && error.status === 404) return retentionPath;
    throw error;
  }
};

/** Makes all requests in their order; made again, they change nothing. */
export const configureDomain = async (
  domain: SearchDomain,
  requests: readonly SearchRequest[],
): Promise<void> => {
  for (const request of requests) {
    const path = request.path === retentionPath ? await revisedPath(domain) : request.path;
    await askDomain(domain, { ...request, path });
  }
};
