import assert from 'node:assert/strict';
import {
  assertDone,
  assertEffects,
  assertFault,
  assertSameAnswer,
  untilSettled,
} from './checks.ts';
import type { CaseContext, ConformanceCase } from './conformance-case.ts';

/** Where keys are kept with the data the repeat is a replay; elsewhere it finds its own work. */
const assertFound = (context: CaseContext, again: Awaited<ReturnType<CaseContext['send']>>) => {
  const how = context.subject.keptIn === 'postgres' ? 'before' : 'now';
  assertDone(context, again, how);
};

/** The request, and after it whatever it did the same one again. */
const dyingAndAgain = async (context: CaseContext, arm: () => void) => {
  const { send, subject, mark, key, faults } = context;
  const body = subject.body(mark);
  arm();
  const answer = await send({ key, body }).catch(() => 'died' as const);
  assert.equal(answer, 'died', 'it should have been killed');
  await faults.restart();
  const again = await untilSettled(() => send({ key, body }));
  await assertEffects(context, mark, 1);
  return again;
};

/** Faults are never stored, and what they leave open is found out with the same key. */
export const casesOfFaults: readonly ConformanceCase[] = [
  {
    name: 'is not used up by a fault',
    needs: ['faults'],
    run: async (context) => {
      const { send, subject, mark, key, faults } = context;
      const body = subject.body(mark);
      faults.cutOff();
      // The first may still be sent into a connection that is no more.
      assertFault(await send({ key, body }), 'dependency-unavailable', 'unknown-outcome');
      assertFault(await send({ key, body }), 'dependency-unavailable');
      faults.heal();
      assertDone(context, await send({ key, body }), 'now');
      await assertEffects(context, mark, 1);
    },
  },
  {
    name: 'is not used up by a request that had to wait for too long',
    needs: ['faults'],
    run: async (context) => {
      const { send, subject, mark, key, faults } = context;
      const body = subject.body(mark);
      const stall = await faults.stall();
      assertFault(await send({ key, body }), 'overloaded');
      await stall.release();
      assertDone(context, await send({ key, body }), 'now');
      await assertEffects(context, mark, 1);
    },
  },
  {
    name: 'finds nothing where the connection broke before the commit',
    needs: ['faults'],
    run: async (context) => {
      const { send, subject, mark, key, faults } = context;
      const body = subject.body(mark);
      faults.loseStatement();
      assertFault(await send({ key, body }), 'unknown-outcome', 'dependency-unavailable');
      faults.heal();
      await assertEffects(context, mark, 0);
      assertDone(context, await send({ key, body }), 'now');
      await assertEffects(context, mark, 1);
    },
  },
  {
    name: 'finds what was committed where the answer was lost',
    needs: ['faults'],
    run: async (context) => {
      const { send, subject, mark, key, faults } = context;
      const body = subject.body(mark);
      faults.loseAnswer('reconnect');
      const first = await send({ key, body });
      assert.equal(first.status, subject.status);
      const again = await send({ key, body });
      assertDone(context, again, 'before');
      assertSameAnswer(again, first);
      await assertEffects(context, mark, 1);
    },
  },
  {
    name: 'finds out what became of an unknown outcome',
    needs: ['faults'],
    run: async (context) => {
      const { send, subject, mark, key, faults } = context;
      const body = subject.body(mark);
      faults.loseAnswer('refuse');
      const unknown = await send({ key, body });
      assertFault(unknown, 'unknown-outcome');
      assert.equal(unknown.status, 504);
      faults.heal();
      assertFound(context, await send({ key, body }));
      await assertEffects(context, mark, 1);
    },
  },
  {
    name: 'finds nothing where the process was killed before the commit',
    needs: ['faults'],
    run: async (context) => {
      const again = await dyingAndAgain(context, () => context.faults.killAtStatement());
      assertDone(context, again, 'now');
    },
  },
  {
    name: 'finds what was committed where the process was killed after it',
    needs: ['faults'],
    run: async (context) => {
      const again = await dyingAndAgain(context, () => context.faults.killAtAnswer());
      assertFound(context, again);
    },
  },
];
