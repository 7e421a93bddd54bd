import assert from 'node:assert/strict';
import { assertDone, assertProblem, isReplay } from './checks.ts';
import type { ConformanceCase } from './conformance-case.ts';

const day = 24;
const tenYears = 10 * 365 * day;

/** How long a key is kept: 24 hours at least, everywhere. */
export const casesOfExpiry: readonly ConformanceCase[] = [
  {
    name: 'is kept for a day',
    needs: ['clock'],
    run: async (context) => {
      const { send, subject, mark, key, clock } = context;
      await send({ key, body: subject.body(mark) });
      await send({ key: `${key}-r`, body: subject.refused(mark) });
      await clock.pass(day);
      assertDone(context, await send({ key, body: subject.body(mark) }), 'before');
      assert.ok(isReplay(await send({ key: `${key}-r`, body: subject.refused(mark) })));
      const other = await send({ key, body: subject.body(`${mark}A`) });
      assertProblem(other, 422, 'idempotency-key-reused');
    },
  },
  {
    name: 'is kept for good, with the data',
    needs: ['clock'],
    about: ({ keptIn }) => keptIn === 'postgres',
    run: async (context) => {
      const { send, subject, mark, key, clock } = context;
      await send({ key, body: subject.body(mark) });
      await send({ key: `${key}-r`, body: subject.refused(mark) });
      await clock.pass(tenYears);
      assertDone(context, await send({ key, body: subject.body(mark) }), 'before');
      assert.ok(isReplay(await send({ key: `${key}-r`, body: subject.refused(mark) })));
    },
  },
  {
    name: 'is new again after seven days, apart from the data',
    needs: ['clock'],
    about: ({ keptIn }) => keptIn === 'dynamodb',
    run: async (context) => {
      const { send, subject, mark, key, clock } = context;
      await send({ key, body: subject.body(mark) });
      await clock.pass(7 * day - 1);
      assertDone(context, await send({ key, body: subject.body(mark) }), 'before');
      await clock.pass(1.01);
      assertDone(context, await send({ key, body: subject.body(`${mark}A`) }), 'now');
    },
  },
];
