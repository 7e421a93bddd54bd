import { verifyProof } from '@atlas/domain';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import { type Sealer, startSealer } from '../../support/sealer.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';

let test: TestApi;
let sealer: Sealer;
let client: ApiClient;
let admins: readonly pg.Client[];

beforeAll(async () => {
  test = await startTestApi();
  sealer = startSealer(test.database);
  admins = await Promise.all([0, 1].map((shard) => test.database.admin(shard)));
  client = apiClient(test.api, await test.issuer.token());
  await client.asset('EUR');
});
afterAll(async () => {
  await Promise.all(admins.map((admin) => admin.end()));
  await sealer.close();
  await test.close();
});

const partitionOf = (id: string): number => Number.parseInt(id.slice(15, 17), 16);

const transfer = async (credit?: string): Promise<string> => {
  const debit = await client.account();
  const answer = await client.post('/v1/transfers', {
    postings: [
      {
        debitAccountId: debit,
        creditAccountId: credit ?? (await client.account()),
        amount: '1050',
      },
    ],
    reference: 'invoice "4711"\n',
    metadata: { order: '17', note: 'ä' },
  });
  return answer.body.transferId;
};

const proofOf = (transferId: string) => client.get(`/v1/transfers/${transferId}/proof`);

describe('the proof of a transfer', () => {
  it('is not there before the transfer is sealed, and says when to ask again', async () => {
    const id = await transfer();
    const unsent = await proofOf(id);
    expect([unsent.status, unsent.body.code, unsent.body.retryable]).toEqual([
      404,
      'proof-not-sealed',
      true,
    ]);
    expect(unsent.headers['retry-after']).toBe('60');
    await sealer.drain();
    expect((await proofOf(id)).body.code).toBe('proof-not-sealed');
    await sealer.seal();
    expect((await proofOf(id)).status).toBe(200);
  });

  it('can be checked without asking anybody, and holds what the API tells of the transfer', async () => {
    for (let i = 0; i < 6; i += 1) await transfer();
    const id = await transfer();
    await sealer.seal();

    const { body } = await proofOf(id);
    const [proof, ...others] = body.proofs;
    expect(others).toEqual([]);
    expect(verifyProof(proof)).toBeUndefined();
    expect(proof.block).toMatchObject({ tenant: 'acme', partition: partitionOf(id), leafCount: 7 });
    const told = (await client.get(`/v1/transfers/${id}`)).body;
    const [posting] = told.postings;
    const [head, ...lines] = (proof.leaf.text as string)
      .split('\n')
      .map((line) => JSON.parse(line));
    const written = (value: unknown): string =>
      Array.isArray(value) ? `[${value.map(written).join(', ')}]` : JSON.stringify(value);
    expect([head, ...lines].map(written).join('\n')).toBe(proof.leaf.text);
    expect(head).toEqual(['atlas.audit.leaf.v1', 'transfer', `${partitionOf(id)}`, id, '0']);
    const [row, debit, credit] = lines;
    expect(row.slice(0, 9)).toEqual([
      ...['transfer', 'acme', id, `${partitionOf(id)}`],
      ...[posting.debitAccountId, posting.creditAccountId, '1050', '2', '2'],
    ]);
    expect(row[9].slice(0, 23)).toBe(told.recordedAt.slice(0, 23));
    expect(row.slice(10, 14)).toEqual([
      null,
      '1',
      told.reference,
      [
        ['note', 'ä'],
        ['order', '17'],
      ],
    ]);
    expect([debit[2], debit[9], credit[2], credit[9]]).toEqual([
      ...[posting.debitAccountId, '-1050'],
      ...[posting.creditAccountId, '1050'],
    ]);
  });

  it('has a part for each partition that the transfer touches, its own first', async () => {
    const near = await client.account();
    let far = near;
    for (let i = 0; partitionOf(far) === partitionOf(near); i += 1) {
      const opened = await client.account({ partitionKey: `far-${i}` });
      if (partitionOf(opened) >> 7 === partitionOf(near) >> 7) far = opened;
    }
    const id = await transfer(far);
    await sealer.seal();

    const { body } = await proofOf(id);
    expect(body.proofs).toHaveLength(2);
    for (const proof of body.proofs) expect(verifyProof(proof)).toBeUndefined();
    const partitions = body.proofs.map(
      (proof: { block: { partition: number } }) => proof.block.partition,
    );
    expect(partitions).toEqual([partitionOf(id), partitionOf(far)]);
    expect(body.proofs[1].leaf.text).toContain(`["entry", "acme", "${far}"`);
  });

  it('is found for one that is sealed long after others with greater ids', async () => {
    const id = await transfer();
    await sealer.drain();
    const shard = partitionOf(id) >> 7;
    const admin = admins[shard];
    await admin?.query('CREATE TABLE held AS SELECT * FROM ledger.audit_pending WHERE id = $1', [
      id,
    ]);
    await admin?.query('DELETE FROM ledger.audit_pending WHERE id = $1', [id]);
    for (let i = 0; i < 3; i += 1) {
      await transfer();
      await sealer.seal();
    }
    expect((await proofOf(id)).body.code).toBe('proof-not-sealed');
    await admin?.query('INSERT INTO ledger.audit_pending SELECT * FROM held');
    await sealer.seal();
    await transfer();
    await sealer.seal();
    const { body } = await proofOf(id);
    expect(verifyProof(body.proofs[0])).toBeUndefined();
  });

  it('is not given for rows that are not what was sealed', async () => {
    const id = await transfer();
    await sealer.seal();
    const honest = await proofOf(id);
    for (const admin of admins) {
      await admin.query('UPDATE ledger.transfer SET amount = amount + 1 WHERE transfer_id = $1', [
        id,
      ]);
    }
    const { status, body } = await proofOf(id);
    expect([status, body.code]).toEqual([500, 'internal']);
    for (const admin of admins) {
      await admin.query('UPDATE ledger.transfer SET amount = amount - 1 WHERE transfer_id = $1', [
        id,
      ]);
    }
    expect(await proofOf(id)).toMatchObject({ status: 200, body: honest.body });
  });

  it('of what is not there, or of somebody else’s, is as if there were no transfer', async () => {
    const id = await transfer();
    await sealer.seal();
    const mallory = apiClient(test.api, await test.issuer.token({ tenant: 'mallory' }));
    for (const answer of [
      await mallory.get(`/v1/transfers/${id}/proof`),
      await proofOf('0192f0c1-2a3b-7c00-8d9e-0f1a2b3c4d5e'),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([404, 'transfer-not-found']);
    }
  });
});
