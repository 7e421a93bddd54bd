import { randomUUID } from 'node:crypto';
import { parseTraceparent } from '@atlas/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TraceNode } from '../../localstack/tracing/trace-store.ts';
import { type ApiClient, apiClient } from '../support/api-client.ts';
import { deployedApi } from '../support/deployed-api.ts';
import { pollUntil } from '../support/poll.ts';

const deployed = deployedApi();
const tenant = `traced-${randomUUID().slice(0, 8)}`;
let client: ApiClient;

beforeAll(async () => {
  client = apiClient(deployed.api, await deployed.token({ tenant }));
  await client.asset('EUR');
});

const pathsOf = (nodes: readonly TraceNode[], above = ''): string[] =>
  nodes.flatMap((node) => {
    const path = `${above}${node.name}`;
    return [path, ...pathsOf(node.children, `${path} > `)];
  });

const root = 'POST /v1/transfers';

/** What the collector has of the trace, once it has what is wanted, and whatever is above what it has. */
const traced = async (traceparent: string, wanted: string, count: number): Promise<string[]> => {
  const { traceId = '' } = parseTraceparent(traceparent) ?? {};
  return pollUntil(
    async () => {
      const answer = await fetch(`${deployed.outputs.tracesUrl}/traces/${traceId}`);
      const { roots } = (await answer.json()) as { readonly roots: readonly TraceNode[] };
      return pathsOf(roots);
    },
    (paths) =>
      paths.filter((path) => path === wanted).length >= count &&
      paths.every((path) => path.startsWith(root)),
    30_000,
  );
};

describe('the trace of a transfer', () => {
  it('goes from the function that took it to the read model, over processes', async () => {
    const [world, alice] = [await client.account(), await client.account()];
    const answer = await client.transfer(world, alice, '1050');
    expect(answer.status).toBe(201);

    const projected = `${root} > relay outbox row > project-balances ledger.account.v1 > dynamodb`;
    const paths = await traced(answer.headers.traceparent ?? '', projected, 2);
    expect(paths).toContainEqual(expect.stringMatching(/^POST \/v1\/transfers > postgres-\d$/));
  });

  it('is part of its caller’s', async () => {
    const [world, alice] = [await client.account(), await client.account()];
    const digits = randomUUID().replaceAll('-', '');
    const sent = `00-${digits}-${digits.slice(16)}-01`;
    const answer = await client.transfer(world, alice, '1', { traceparent: sent });

    expect(answer.headers.traceparent?.slice(0, 36)).toBe(sent.slice(0, 36));
    expect(await traced(sent, root, 1)).toContain(root);
  });
});
