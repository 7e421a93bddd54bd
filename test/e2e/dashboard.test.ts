import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { objectivesOf } from '../../lib/slo/objectives.ts';
import { readSlo } from '../../lib/slo/slo-file.ts';
import type { DashboardState } from '../../localstack/dashboard/dashboard-state.ts';
import { httpSource } from '../../localstack/dashboard/source.ts';
import { watchSource } from '../../localstack/dashboard/watch-source.ts';
import { apiClient } from '../support/api-client.ts';
import { deployedApi } from '../support/deployed-api.ts';
import { pollUntil } from '../support/poll.ts';

const deployed = deployedApi();
const slo = readSlo();
const toldMs = 150_000;

const functionIn = ({ tiers }: DashboardState, name: string) =>
  tiers.flatMap(({ functions }) => functions).find((one) => one.name === name);

it('the dashboard shows what the deployed API tells: requests, their service level, dependencies, shards, lag', async () => {
  const tenant = `dashboard-${randomUUID().slice(0, 8)}`;
  const client = apiClient(deployed.api, await deployed.token({ tenant }));
  await client.asset('EUR');
  const [world, alice] = [await client.account(), await client.account()];
  const token = () => deployed.token({ tenant: 'operations', scope: 'ops:read' });
  const watch = watchSource(httpSource(deployed.outputs.apiUrl, token, 10_000), {
    slo,
    objectives: objectivesOf(slo),
    everyMs: 1_000,
  });

  const state = await pollUntil(
    async () => {
      // What a function counted is told at the beginning of a later request.
      await client.transfer(world, alice, '1');
      await watch.ask(Date.now());
      return watch.state();
    },
    (now) =>
      (functionIn(now, 'post-transfer')?.requests ?? 0) > 0 &&
      now.consumers.some(({ lagRecords }) => lagRecords !== null),
    toldMs,
  );
  expect(state.source).toMatchObject({ status: 'answering', trouble: null });
  expect(state.droppedSeries).toBe(0);
  expect(functionIn(state, 'post-transfer')).toMatchObject({
    kind: 'endpoint',
    failures: 0,
    latencyMs: { p50: expect.any(Number), p99: expect.any(Number) },
  });
  expect(state.dependencies).toContainEqual(
    expect.objectContaining({
      name: 'postgres-0',
      breaker: 'closed',
      check: { status: 'pass', latencyMs: expect.any(Number) },
    }),
  );
  expect(state.shards.map(({ shard, waiting }) => [shard, typeof waiting])).toEqual([
    ['0', 'number'],
    ['1', 'number'],
  ]);
  expect(state.panels.length).toBeGreaterThan(5);
}, 200_000);
