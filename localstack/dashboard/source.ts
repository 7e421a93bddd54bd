import * as z from 'zod';
import type { CheckState } from './dashboard-state.ts';
import type { Checks } from './summarise.ts';

/** Where figures come from: the API of Atlas, or what a test puts in its place. */
export interface Source {
  readonly url: string;
  /** In the text format of Prometheus. Throws when there is no answer, with the reason. */
  readonly metrics: () => Promise<string>;
  /** What readiness says of each dependency. Throws when there is no answer. */
  readonly checks: () => Promise<Checks>;
}

const mostBytes = 8 * 1_024 * 1_024;

const health = z.object({
  checks: z.record(
    z.string(),
    z.array(z.object({ status: z.enum(['pass', 'fail']), observedValue: z.number() })).min(1),
  ),
});

/** The API at this address, asked with the token that is given each time. */
export const httpSource = (
  apiUrl: string,
  token: () => Promise<string>,
  timeoutMs: number,
): Source => {
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${apiUrl}${path}`, {
      headers,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await answer.text();
    if (text.length > mostBytes) throw new Error(`${path} answered ${text.length} bytes`);
    return { status: answer.status, text };
  };
  return {
    url: apiUrl,
    async metrics() {
      const path = '/v1/ops/metrics';
      const { status, text } = await ask(path, { Authorization: `Bearer ${await token()}` });
      if (status !== 200) throw new Error(`${path} answered ${status}`);
      return text;
    },
    async checks() {
      // 503 has the same body: it says which dependency does not answer.
      const { text } = await ask('/v1/health/ready');
      const { checks } = health.parse(JSON.parse(text));
      return new Map(
        Object.entries(checks).map(([key, [first]]): [string, CheckState] => [
          key.replace(/:.*$/, ''),
          { status: first?.status ?? 'unknown', latencyMs: first?.observedValue ?? null },
        ]),
      );
    },
  };
};
