import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BreakableHarness, breakableHarness } from '../../idempotency/breakable-harness.ts';
import type { Subject } from '../../idempotency/conformance-case.ts';
import { conformanceCases } from '../../idempotency/conformance-cases.ts';
import { isAbout, runCase } from '../../idempotency/run-suite.ts';
import { openSubjects } from '../../idempotency/subjects.ts';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';

describe('an Idempotency-Key, of an API that can be broken', () => {
  let harness: BreakableHarness;
  let subjects: readonly Subject[];

  beforeAll(async () => {
    harness = await breakableHarness();
    subjects = await openSubjects(harness);
  });
  afterAll(() => harness.close());

  it('is tested by twenty cases and more', () => {
    expect(conformanceCases.length).toBeGreaterThanOrEqual(20);
    const names = conformanceCases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(conformanceCases)('$name', async (one) => {
    const about = subjects.filter((subject) => isAbout(one, subject));
    expect(about.length).toBeGreaterThan(0);
    for (const subject of about) {
      const outcome = await runCase(harness, one, subject);
      expect({ subject: subject.name, outcome }).toEqual({
        subject: subject.name,
        outcome: { kind: 'passed' },
      });
    }
  });
});

describe('a key whose request belongs to another shard', () => {
  let test: TestApi;
  let client: ApiClient;
  let world: string;
  let sink: string;

  beforeAll(async () => {
    test = await startTestApi();
    client = apiClient(test.api, await test.issuer.token());
    await client.asset('EUR');
    world = await client.account();
    sink = await client.account();
  });
  afterAll(() => test.close());

  it('is refused for a request that belongs to the first', async () => {
    const key = randomUUID();
    const shardOf = (id: string) => Number.parseInt(id.slice(15, 17), 16) >> 7;
    for (let i = 0; ; i += 1) {
      const opening = { asset: 'EUR', partitionKey: `away-${i}` };
      const headers = { 'Idempotency-Key': `${key}-${i}` };
      const answer = await client.post('/v1/accounts', opening, headers);
      expect(answer.status).toBe(201);
      if (shardOf(answer.body.accountId) === shardOf(world)) continue;
      const repeat = await client.post('/v1/accounts', opening, headers);
      expect(repeat.body).toEqual(answer.body);
      const other = await client.transfer(world, sink, '1', headers);
      expect(other.body).toMatchObject({ status: 422, code: 'idempotency-key-reused' });
      break;
    }
  });
});
