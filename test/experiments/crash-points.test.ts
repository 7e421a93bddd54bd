import { afterAll, beforeAll, expect, it } from 'vitest';
import { crashEverywhere, crashFindings, requestName } from '../chaos/framework/crash-points.ts';
import { type CrashWorld, startCrashWorld } from '../chaos/framework/crash-world.ts';
import { writeRequests } from '../chaos/framework/write-requests.ts';

let world: CrashWorld;

beforeAll(async () => {
  world = await startCrashWorld();
});
afterAll(() => world?.close());

const transfers = writeRequests.filter(({ endpoint }) => endpoint === 'post-transfer');
const named = transfers.map((request) => ({ name: requestName(request), request }));

it.each(named)(
  'a transfer whose process dies before or after any call is made once: $name',
  async ({ request }) => {
    const report = await crashEverywhere(world, request);
    expect(report.results.length).toBeGreaterThanOrEqual(2);
    expect(report.left).toMatchObject({ transfer: 1, entry: 2, 'outbox rows': expect.any(Number) });
    expect(crashFindings(report)).toEqual([]);
  },
);

it('would be found to be made twice by a repeat under another key', async () => {
  const [request] = transfers;
  if (request === undefined) throw new Error('there is no such request');
  const forgetful = {
    ...request,
    prepare: async (...given: Parameters<typeof request.prepare>) => {
      const send = await request.prepare(...given);
      return () => send(crypto.randomUUID());
    },
  };
  const report = await crashEverywhere(world, forgetful);
  expect(crashFindings(report)).toContainEqual(
    expect.stringMatching(/killed after postgres-\d post_one: left /),
  );
});
