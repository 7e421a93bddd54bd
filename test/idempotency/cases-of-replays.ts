import assert from 'node:assert/strict';
import { assertDone, assertEffects, assertProblem, assertSameAnswer, isReplay } from './checks.ts';
import type { CaseContext, ConformanceCase, Subject } from './conformance-case.ts';

const isTransfers = ({ name }: Subject): boolean => name === 'transfers';
const isAccounts = ({ name }: Subject): boolean => name === 'accounts';

/** An account of this case's own, and one that it may be paid from. */
const accounts = async ({ send, key }: CaseContext) => {
  const open = async (n: number, minBalance: string | null) => {
    const body = { asset: 'EUR', minBalance };
    const answer = await send({ key: `${key}-${n}`, path: '/v1/accounts', body });
    assert.equal(answer.status, 201);
    return String(answer.body.accountId);
  };
  return { world: await open(1, null), poor: await open(2, '0') };
};

const moving = (debitAccountId: string, creditAccountId: string, amount: string) => ({
  postings: [{ debitAccountId, creditAccountId, amount }],
});

/** What a repeat is answered. */
export const casesOfReplays: readonly ConformanceCase[] = [
  {
    name: 'answers a repeat like the first request, and says so',
    needs: [],
    run: async (context) => {
      const { send, subject, mark, key } = context;
      const first = await send({ key, body: subject.body(mark) });
      const again = await send({ key, body: subject.body(mark) });
      assertDone(context, first, 'now');
      assertDone(context, again, 'before');
      assertSameAnswer(again, first);
    },
  },
  {
    name: 'answers the tenth repeat like the first request, which was done once',
    needs: [],
    run: async (context) => {
      const { send, subject, mark, key } = context;
      const first = await send({ key, body: subject.body(mark) });
      for (let i = 0; i < 10; i += 1) {
        assertSameAnswer(await send({ key, body: subject.body(mark) }), first);
      }
      await assertEffects(context, mark, 1);
    },
  },
  {
    name: 'answers a repeat of what was refused with the refusal',
    needs: [],
    run: async (context) => {
      const { send, subject, mark, key } = context;
      const first = await send({ key, body: subject.refused(mark) });
      const again = await send({ key, body: subject.refused(mark) });
      assert.ok(first.status >= 400 && first.status < 500, `not refused: ${first.status}`);
      assert.deepEqual([isReplay(first), isReplay(again)], [false, true]);
      assertSameAnswer(again, first);
      await assertEffects(context, mark, 0);
    },
  },
  {
    name: 'stays refused when it would succeed by now',
    needs: [],
    about: isTransfers,
    run: async (context) => {
      const { send, key } = context;
      const { world, poor } = await accounts(context);
      const body = moving(poor, world, '5');
      assertProblem(await send({ key, body }), 422, 'insufficient-funds');
      await send({ key: `${key}-fund`, body: moving(world, poor, '100') });
      const again = await send({ key, body });
      assertProblem(again, 422, 'insufficient-funds');
      assert.ok(isReplay(again));
      assertDone(context, await send({ key: `${key}-new`, body }), 'now');
    },
  },
  {
    name: 'stays done when it would be refused by now',
    needs: [],
    about: isTransfers,
    run: async (context) => {
      const { send, key } = context;
      const { world, poor } = await accounts(context);
      const body = moving(world, poor, '5');
      const first = await send({ key, body });
      const frozen = await send({
        key: `${key}-freeze`,
        path: `/v1/accounts/${poor}/freeze`,
        body: undefined,
      });
      assert.equal(frozen.status, 200);
      assertProblem(await send({ key: `${key}-new`, body }), 422, 'account-frozen');
      const again = await send({ key, body });
      assertDone(context, again, 'before');
      assertSameAnswer(again, first);
    },
  },
  {
    name: 'answers the repeat of a PATCH with what it left then',
    needs: [],
    about: isAccounts,
    run: async (context) => {
      const { send, key } = context;
      const { poor } = await accounts(context);
      const patch = (name: string, ifMatch: string, note: string) =>
        send({
          key: `${key}-${name}`,
          method: 'PATCH',
          path: `/v1/accounts/${poor}`,
          headers: { 'If-Match': ifMatch },
          body: { metadata: { note } },
        });
      const first = await patch('a', '"1"', 'first');
      assert.equal((await patch('b', '*', 'second')).status, 200);
      const again = await patch('a', '"1"', 'first');
      assert.deepEqual([first.status, isReplay(first), isReplay(again)], [200, false, true]);
      assertSameAnswer(again, first);
      assertProblem(await patch('a', '*', 'first'), 422, 'idempotency-key-reused');
    },
  },
];
