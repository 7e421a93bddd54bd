import assert from 'node:assert/strict';
import { assertDone, assertEffects, assertProblem, isReplay } from './checks.ts';
import type { CaseContext, ConformanceCase, Subject } from './conformance-case.ts';

const isIn =
  (kept: Subject['keptIn']) =>
  ({ keptIn }: Subject): boolean =>
    keptIn === kept;

const reused = 'idempotency-key-reused';

const holdFor = async ({ send, subject, key }: CaseContext, n: number): Promise<string> => {
  const answer = await send({ key: `${key}-${n}`, body: subject.body(`${key}-${n}`) });
  assert.equal(answer.status, 201);
  return String(answer.body.holdId);
};

/** Keys that are used for something else. */
export const casesOfConflicts: readonly ConformanceCase[] = [
  {
    name: 'is refused for another body, and still answers the first one',
    needs: [],
    run: async (context) => {
      const { send, subject, mark, key } = context;
      assertDone(context, await send({ key, body: subject.body(mark) }), 'now');
      assertProblem(await send({ key, body: subject.body(`${mark}A`) }), 422, reused);
      await assertEffects(context, `${mark}A`, 0);
      assertDone(context, await send({ key, body: subject.body(mark) }), 'before');
    },
  },
  {
    name: 'is refused for a valid body after a refused one',
    needs: [],
    run: async (context) => {
      const { send, subject, mark, key } = context;
      await send({ key, body: subject.refused(mark) });
      assertProblem(await send({ key, body: subject.body(mark) }), 422, reused);
      await assertEffects(context, mark, 0);
    },
  },
  {
    name: 'is refused for the same body in another spelling',
    needs: [],
    run: async (context) => {
      const { send, subject, mark, key } = context;
      const body = subject.body(mark);
      assertDone(context, await send({ key, body }), 'now');
      assertProblem(await send({ key, body: JSON.stringify(body, null, 1) }), 422, reused);
    },
  },
  {
    name: 'is refused at another endpoint, where keys are kept with the data',
    needs: [],
    about: isIn('postgres'),
    run: async (context) => {
      const { send, subject, mark, key } = context;
      assertDone(context, await send({ key, body: subject.body(mark) }), 'now');
      const [path, body] =
        subject.name === 'accounts'
          ? ['/v1/transfers/batch', { items: [{ type: 'void', holdId: absent }] }]
          : ['/v1/accounts', { asset: 'EUR' }];
      assertProblem(await send({ key, body, path }), 422, reused);
    },
  },
  {
    name: 'belongs to its operation, where keys are kept apart from the data',
    needs: [],
    about: isIn('dynamodb'),
    run: async (context) => {
      const { send, subject, mark, key } = context;
      assertDone(context, await send({ key, body: subject.body(mark) }), 'now');
      const elsewhere = await send({ key, body: upload, path: '/v1/uploads' });
      assert.deepEqual([elsewhere.status, isReplay(elsewhere)], [201, false]);
    },
  },
  {
    name: 'is refused for another thing at the same endpoint',
    needs: [],
    about: ({ name }) => name === 'holds',
    run: async (context) => {
      const { send, key } = context;
      const [one, other] = [await holdFor(context, 1), await holdFor(context, 2)];
      const end = (hold: string) => send({ key, path: `/v1/holds/${hold}/void`, body: undefined });
      assert.equal((await end(one)).status, 200);
      assertProblem(await end(other), 422, reused);
      assert.ok(isReplay(await end(one)));
    },
  },
  {
    name: 'belongs to its tenant, and tells another one nothing',
    needs: ['other-tenant'],
    run: async (context) => {
      const { send, subject, mark, key, otherToken } = context;
      const body = subject.body(mark);
      assertDone(context, await send({ key, body }), 'now');
      const theirs = await send({ key, body, token: otherToken });
      assert.ok(!isReplay(theirs), 'another tenant was given the answer');
      assert.notEqual(theirs.body.code, reused);
      assert.notEqual(theirs.body.code, 'idempotency-key-in-flight');
      await assertEffects(context, mark, 1);
      assertDone(context, await send({ key, body }), 'before');
    },
  },
];

const absent = '0192f0c3-06fe-7c55-bb02-9e3d5a7c8f16';
const upload = {
  fileName: 'a.csv',
  contentType: 'text/csv',
  contentLength: 1,
  checksumSha256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
};
