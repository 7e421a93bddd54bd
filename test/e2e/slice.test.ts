import { randomUUID } from 'node:crypto';
import { verifyProof } from '@atlas/domain';
import { S3Client } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { names } from '../../lib/names.ts';
import { readStage } from '../../lib/stage.ts';
import { anchorHistory } from '../../localstack/audit/anchor-history.ts';
import { type ApiClient, apiClient } from '../support/api-client.ts';
import { collect } from '../support/collect.ts';
import { deployedApi } from '../support/deployed-api.ts';
import { pollUntil } from '../support/poll.ts';
import { sendPatiently } from '../support/send-patiently.ts';

const deployed = deployedApi();
const tenant = `e2e-${randomUUID().slice(0, 8)}`;
let client: ApiClient;

beforeAll(async () => {
  client = apiClient(deployed.api, await deployed.token({ tenant }));
  await client.asset('EUR');
});

const problemOf = (answer: { status: number; body: { code: string } }) => [
  answer.status,
  answer.body.code,
];

describe('a transfer over HTTP', () => {
  it('is answered with 201, and the events make its balance readable within two seconds', async () => {
    const world = await client.account();
    const alice = await client.account({ name: 'alice', minBalance: '0' });
    // The functions have started once the openings have come through.
    await pollUntil(
      () => client.get(`/v1/accounts/${alice}/balance?consistency=eventual`),
      ({ status }) => status === 200,
      30_000,
    );

    const answer = await client.transfer(world, alice, '1050');
    const answeredMs = Date.now();

    expect(answer.status).toBe(201);
    const path = `/v1/accounts/${alice}/balance?consistency=eventual`;
    const viewed = await pollUntil(
      () => client.get(path),
      ({ status, body }) => status === 200 && body.balance === '1050',
    );
    expect(Date.now() - answeredMs).toBeLessThan(2_000);
    expect(viewed.headers['atlas-consistency']).toBe('eventual');
    expect(Number(viewed.headers['atlas-staleness-ms'])).toBeGreaterThanOrEqual(0);
    expect(viewed.body).toMatchObject({ version: '2', available: '1050' });
    const read = await client.get(answer.headers.location ?? '');
    expect(read.body).toEqual(answer.body);
  });

  it('of several postings moves all of them or none', async () => {
    const world = await client.account();
    const alice = await client.account({ minBalance: '0' });
    const bob = await client.account({ minBalance: '0' });
    const posting = (debitAccountId: string, creditAccountId: string, amount: string) => ({
      debitAccountId,
      creditAccountId,
      amount,
    });

    const refused = await client.post('/v1/transfers', {
      postings: [posting(world, alice, '5'), posting(bob, alice, '1')],
    });
    const accepted = await client.post('/v1/transfers', {
      postings: [posting(world, alice, '5'), posting(alice, bob, '2')],
    });

    expect(problemOf(refused)).toEqual([422, 'insufficient-funds']);
    expect(accepted.body.balances.map((b: { balance: string }) => b.balance)).toEqual([
      '-5',
      '3',
      '2',
    ]);
    const entries = await client.get(`/v1/accounts/${alice}/entries`);
    expect(entries.body.items.map((e: { balanceAfter: string }) => e.balanceAfter)).toEqual([
      '5',
      '3',
    ]);
  });

  it('is refused across shards, with the problem that says so', async () => {
    const near = await client.account();
    const shardOf = (id: string) => Number.parseInt(id.slice(15, 17), 16) >> 7;
    let far = near;
    for (let i = 0; shardOf(far) === shardOf(near) && i < 40; i += 1) {
      far = await client.account({ partitionKey: `far-${i}` });
    }
    expect(shardOf(far)).not.toBe(shardOf(near));
    expect(problemOf(await client.transfer(near, far, '1'))).toEqual([422, 'cross-shard-transfer']);
    const local = await client.get(`/v1/accounts/${far}/balance`);
    expect(local.body.balance).toBe('0');
  });
});

describe('a hold over HTTP', () => {
  it('reserves, is seen in the read model, is captured in part, and gives the rest back', async () => {
    const world = await client.account();
    const alice = await client.account({ minBalance: '0' });
    const shop = await client.account();
    await client.transfer(world, alice, '100');
    const viewed = (wanted: object) =>
      pollUntil(
        () => client.get(`/v1/accounts/${alice}/balance?consistency=eventual`),
        ({ status, body }) =>
          status === 200 && Object.entries(wanted).every(([name, value]) => body[name] === value),
        60_000,
      );

    const placed = await client.post('/v1/holds', {
      debitAccountId: alice,
      creditAccountId: shop,
      amount: '60',
    });
    expect(placed.status).toBe(201);
    await viewed({ balance: '100', available: '40', pendingDebits: '60' });
    expect(problemOf(await client.transfer(alice, shop, '41'))).toEqual([
      422,
      'insufficient-funds',
    ]);

    const path = `${placed.headers.location}/capture`;
    const captured = await client.post(path, { amount: '45' });
    expect([captured.status, captured.body.status]).toEqual([201, 'captured']);
    await viewed({ balance: '55', available: '55', pendingDebits: '0' });
    expect(problemOf(await client.post(path, {}))).toEqual([409, 'hold-settled']);
  });
});

// Schedules come by once a minute: they are waited for together.
describe.concurrent('what is done on schedule', () => {
  it('ends a hold when its time is over', async () => {
    const world = await client.account();
    const alice = await client.account();
    const placed = await client.post('/v1/holds', {
      debitAccountId: world,
      creditAccountId: alice,
      amount: '1',
      expiresAt: new Date(Date.now() + 1_000).toISOString(),
    });
    const path = placed.headers.location ?? '';
    await pollUntil(
      () => client.get(path),
      ({ body }) => body.status === 'expired',
    );
    expect(problemOf(await client.post(`${path}/capture`, {}))).toEqual([409, 'hold-settled']);
    // The job comes by once a minute, and gives back what is reserved.
    await pollUntil(
      () => client.get(`/v1/accounts/${world}/balance`),
      ({ body }) => body.pendingDebits === '0',
      150_000,
    );
  }, 180_000);

  it('seals a transfer into the audit chain, with a proof that anybody can check', async () => {
    const world = await client.account();
    const alice = await client.account();
    const { body: moved } = await client.transfer(world, alice, '1050');
    const path = `/v1/transfers/${moved.transferId}/proof`;
    const early = await client.get(path);
    // Unless the job came by in between.
    expect(['proof-not-sealed', undefined]).toContain(early.body.code);

    // Its event is sent first; the job that seals comes by once a minute.
    const { body } = await pollUntil(
      () => client.get(path),
      ({ status }) => status === 200,
      200_000,
    );

    const [proof] = body.proofs;
    expect(verifyProof(proof)).toBeUndefined();
    expect(proof.leaf.text).toContain(`["transfer", "${tenant}", "${moved.transferId}"`);
    const forged = proof.leaf.text.replace('"1050"', '"9999"');
    expect(verifyProof({ ...proof, leaf: { ...proof.leaf, text: forged } })).toBe('leaf-hash');

    const s3 = new S3Client({
      endpoint: deployed.outputs.awsEndpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      forcePathStyle: true,
    });
    const heads = async () => {
      const anchors = await collect(
        anchorHistory(s3, names(readStage('local')).anchorsBucket('000000000000')),
      );
      return anchors.flatMap((stored) => (stored.kind === 'anchor' ? stored.anchor.heads : []));
    };
    const anchored = await pollUntil(
      heads,
      (all) =>
        all.some(
          ({ partition, height }) =>
            partition === proof.block.partition && height >= proof.block.height,
        ),
      60_000,
    );
    expect(anchored.length).toBeGreaterThan(0);
    s3.destroy();
  }, 240_000);
});

describe('a batch over HTTP', () => {
  it('moves a hundred at once, and the read model follows every one of them', async () => {
    const world = await client.account();
    const alice = await client.account({ minBalance: '0' });
    const item = (debitAccountId: string, creditAccountId: string, amount: string) => ({
      type: 'transfer',
      postings: [{ debitAccountId, creditAccountId, amount }],
    });
    const items = Array.from({ length: 100 }, () => item(world, alice, '2'));

    const answer = await client.post('/v1/transfers/batch', { items });
    expect(answer.status).toBe(200);
    expect(answer.body.items).toHaveLength(100);
    await pollUntil(
      () => client.get(`/v1/accounts/${alice}/balance?consistency=eventual`),
      ({ status, body }) => status === 200 && body.balance === '200' && body.version === '101',
      60_000,
    );

    const [first] = answer.body.items;
    const reversal = `/v1/transfers/${first.transfer.transferId}/reversal`;
    const refused = await client.post('/v1/transfers/batch', {
      items: [
        item(alice, world, '200'),
        { type: 'reversal', transferId: first.transfer.transferId },
      ],
    });
    expect(problemOf(refused)).toEqual([422, 'batch-item-refused']);
    expect(refused.body).toMatchObject({ item: 1, reason: { code: 'insufficient-funds' } });
    expect((await client.post(reversal, {})).status).toBe(201);
    expect(problemOf(await client.post(reversal, {}))).toEqual([409, 'already-reversed']);
    const balance = await client.get(`/v1/accounts/${alice}/balance`);
    expect(balance.body.balance).toBe('198');
  });
});

describe('an idempotency key over HTTP', () => {
  it('makes one transfer of a hundred requests at once', async () => {
    const world = await client.account();
    const alice = await client.account();
    const key = { 'Idempotency-Key': randomUUID() };

    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        sendPatiently(() => client.transfer(world, alice, '7', key)),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(new Set(answers.map(({ body }) => body.transferId)).size).toBe(1);
    // One of them made it, all others are replayed; where an answer was lost, it may be the one that made it.
    const first = answers.filter(({ headers }) => headers['idempotency-replayed'] === undefined);
    expect(first.length).toBeOneOf(answers.some(({ wasUnknown }) => wasUnknown) ? [0, 1] : [1]);
    const balance = await client.get(`/v1/accounts/${alice}/balance`);
    expect(balance.body.balance).toBe('7');
  });

  it('is demanded, and refused for another body, on both backends', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const asset = { code: `A${Date.now() % 1_000_000}`, scale: 2 };
    expect(problemOf(await client.post('/v1/assets', asset, { 'Idempotency-Key': '' }))).toEqual([
      400,
      'idempotency-key-missing',
    ]);
    expect((await client.post('/v1/assets', asset, key)).status).toBe(201);
    const again = await client.post('/v1/assets', asset, key);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(problemOf(await client.post('/v1/assets', { ...asset, scale: 3 }, key))).toEqual([
      422,
      'idempotency-key-reused',
    ]);
  });
});

describe('the platform', () => {
  it('is live, ready in every part, and describes itself', async () => {
    const live = await client.get('/v1/health/live');
    const ready = await client.get('/v1/health/ready');
    const description = await client.get('/v1/openapi.json');
    expect(live.body).toEqual({ status: 'pass' });
    expect(ready.body).toMatchObject({ status: 'pass' });
    expect(Object.keys(ready.body.checks)).toHaveLength(5);
    expect(description).toMatchObject({ status: 200, body: { openapi: '3.1.0' } });
    expect(Object.keys(description.body.paths)).toContain('/v1/transfers');
  });

  it('answers what the gateway itself refuses with a problem, too', async () => {
    const answer = await client.get('/v1/nothing');
    // LocalStack 4.14 takes the status of a gateway response, and leaves its template and headers out.
    const told =
      answer.headers['x-localstack'] === undefined
        ? [answer.headers['content-type'], answer.body.code]
        : ['application/problem+json', 'route-not-found'];
    expect([answer.status, ...told]).toEqual([404, 'application/problem+json', 'route-not-found']);
  });

  it('lets nobody in without a token', async () => {
    const answer = await deployed.api({ method: 'GET', path: '/v1/accounts' });
    expect(problemOf(answer)).toEqual([401, 'unauthenticated']);
  });

  it('prepares an upload to the tenant’s own prefix, which takes just that file', async () => {
    const content = '{"type":"asset","code":"EUR","scale":2}\n';
    const checksum = Buffer.from(
      await crypto.subtle.digest('SHA-256', new TextEncoder().encode(content)),
    ).toString('base64');
    const { body } = await client.post('/v1/uploads', {
      fileName: 'assets.jsonl',
      contentType: 'application/x-ndjson',
      contentLength: content.length,
      checksumSha256: checksum,
    });
    expect(new URL(body.url).pathname).toContain(`/${tenant}/`);
    const put = await fetch(body.url, { method: 'PUT', headers: body.headers, body: content });
    expect(put.status).toBe(200);
  });
});
