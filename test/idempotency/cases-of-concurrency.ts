import assert from 'node:assert/strict';
import { assertDone, assertEffects, assertProblem, assertSameAnswer, isReplay } from './checks.ts';
import type { Answer, CaseContext, ConformanceCase } from './conformance-case.ts';

/** Turned away: in flight, by a limit of the deployment, or by its deadline. */
const isTurnedAway = ({ status, body }: Answer): boolean =>
  body.code === 'idempotency-key-in-flight' ||
  body.code === 'unknown-outcome' ||
  body.code === 'deadline-exceeded' ||
  status === 429 ||
  status === 503;

const sendAll = ({ send, key }: CaseContext, bodies: readonly object[]): Promise<Answer[]> =>
  Promise.all(bodies.map((body) => send({ key, body })));

/** Asks again until it is not turned away: a claim that nobody goes on with stands until it expires. */
const untilTaken = async ({ send, subject, mark, key }: CaseContext): Promise<void> => {
  for (let attempt = 0; attempt < 30; attempt += 1) {
    const answer = await send({ key, body: subject.body(mark) });
    if (answer.status === subject.status) return;
    assert.ok(isTurnedAway(answer), `answered ${answer.status}`);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  assert.fail('turned away for half a minute');
};

/** Requests that come while another one is under way. */
export const casesOfConcurrency: readonly ConformanceCase[] = [
  {
    name: 'makes one effect of two hundred requests at once',
    needs: [],
    run: async (context) => {
      const { send, subject, mark, key } = context;
      const answers = await sendAll(context, Array(200).fill(subject.body(mark)));
      const done = answers.filter(({ status }) => status === subject.status);
      const others = answers.filter(({ status }) => status !== subject.status);
      assert.deepEqual(
        others.filter((one) => !isTurnedAway(one)),
        [],
      );
      for (const { body, headers } of others) {
        if (body.code === 'idempotency-key-in-flight') assert.equal(headers['retry-after'], '1');
      }
      const now = done.filter((one) => !isReplay(one)).length;
      // On a busy machine the one that was first may have been cut off by its deadline.
      assert.ok(now <= 1, `${now} of two hundred were done now`);
      if (now === 0) await untilTaken(context);
      const last = await send({ key, body: subject.body(mark) });
      assertDone(context, last, 'before');
      for (const one of done) assertSameAnswer(one, last);
      await assertEffects(context, mark, 1);
    },
  },
  {
    name: 'makes one effect of twenty different requests at once',
    needs: [],
    run: async (context) => {
      const { subject, mark } = context;
      const marks = Array.from({ length: 20 }, (_, i) => `${mark}${String.fromCharCode(65 + i)}`);
      const answers = await sendAll(
        context,
        marks.map((one) => subject.body(one)),
      );
      const done = answers.filter(({ status }) => status === subject.status);
      assert.equal(done.length, 1, 'succeeded, of twenty');
      for (const one of answers.filter((answer) => !done.includes(answer))) {
        if (!isTurnedAway(one)) assertProblem(one, 422, 'idempotency-key-reused');
      }
      const effects = [];
      for (const one of marks) effects.push(await subject.effects(one));
      assert.equal(
        effects.reduce((sum, n) => sum + n, 0),
        1,
        'the number of effects',
      );
    },
  },
  {
    name: 'is in flight while the first request is, and then answers',
    needs: ['faults'],
    run: async (context) => {
      const { send, subject, mark, key, faults } = context;
      const body = subject.body(mark);
      const stall = await faults.stall();
      const first = send({ key, body });
      try {
        await stall.untilSomebodyWaits();
        const second = await send({ key, body });
        assertProblem(second, 409, 'idempotency-key-in-flight');
        assert.equal(second.body.retryable, true);
        assert.equal(second.headers['retry-after'], '1');
      } finally {
        await stall.release();
      }
      assertDone(context, await first, 'now');
      const third = await send({ key, body });
      assertDone(context, third, 'before');
      assertSameAnswer(third, await first);
    },
  },
];
