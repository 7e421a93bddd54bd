import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiClient } from '../../support/api-client.ts';
import { apiOver } from '../../support/in-process-api.ts';
import { serverProcess } from '../../support/server-process.ts';
import { createTables } from '../../support/test-api.ts';
import { newAnswerLog, observed } from '../framework/answer-log.ts';
import type { Experiment } from '../framework/experiment.ts';
import { httpApi } from '../framework/http-api.ts';
import { sendTransfer } from '../framework/transfer-load.ts';
import type { World } from '../framework/world.ts';

const quota = { perSecond: 40, burst: 40 };
const forMs = 2_000;

/** A tenant asks for ten times its quota, beside one that keeps to its own. */
export const tenantOverQuota: Experiment<World> = {
  name: 'tenant-over-quota',
  hypothesis:
    'A tenant that asks for ten times its quota gets its quota, and others all of theirs.',
  blastRadius: 'group',
  runbook: 'function-throttles',
  tells: [],
  inCi: true,
  inject: async ({ world, load, undo, evidence, finding }) => {
    const table = `${world.tenantPrefix}quotas-${randomUUID()}`;
    await createTables(world.environmentOfApi.AWS_ENDPOINT_URL ?? '', [[table, 'pk']]);
    const side = await serverProcess({
      program: join(import.meta.dirname, '..', 'framework', 'api-program.ts'),
      environment: {
        ...world.environmentOfApi,
        ATLAS_QUOTAS_TABLE: table,
        ATLAS_QUOTA_PER_SECOND: String(quota.perSecond),
        ATLAS_QUOTA_BURST: String(quota.burst),
      },
    });
    undo(() => side.close());
    const clientOf = async (tenant: string, answers = newAnswerLog()) => {
      const token = await world.issuer.token({ tenant });
      return apiClient(
        observed(apiOver(httpApi(side.url)), answers, () => []),
        token,
      );
    };
    const greedy = newAnswerLog();
    const noisy = await clientOf(`${load.tenant}-greedy`, greedy);
    const modest = await clientOf(load.tenant, load.answers);
    // A new process has everything to load, and connections to make.
    for (const client of [noisy, modest]) await client.get('/v1/assets');
    const startedMs = performance.now();
    const isOver = () => performance.now() - startedMs > forMs;
    /** One at a time, as one environment has them, and a fifth of what it may. */
    const keepTo = async () => {
      const [debitAccountId, creditAccountId] = load.accounts;
      for (; !isOver(); await sleep(1_000 / (quota.perSecond / 5))) {
        const posting = { debitAccountId, creditAccountId, amount: '1' };
        const body = { postings: [posting], reference: randomUUID() };
        load.load.attemptedKeys.push(body.reference);
        await sendTransfer(modest, load.load, body, () => false);
      }
    };
    const askForMore = async () => {
      const sent: Promise<unknown>[] = [];
      for (; !isOver(); await sleep(1_000 / (10 * quota.perSecond))) {
        sent.push(noisy.get('/v1/assets'));
      }
      await Promise.all(sent);
    };
    await Promise.all([keepTo(), askForMore()]);
    const tookSeconds = (performance.now() - startedMs) / 1_000;
    const may = quota.burst + quota.perSecond * tookSeconds;
    const refused = greedy.told.get('too-many-requests') ?? 0;
    evidence('requests beyond the quota that were refused', refused);
    if (greedy.served > may) finding(`${greedy.served} were served, where ${may} may be`);
    evidence('requests that were served', greedy.served);
    if (greedy.served < quota.burst) finding(`${greedy.served} were served of the quota`);
    const told = [...greedy.told.keys()].filter((code) => code !== 'too-many-requests');
    if (told.length > 0) finding(`the tenant was told ${told.join(', ')}`);
  },
};
