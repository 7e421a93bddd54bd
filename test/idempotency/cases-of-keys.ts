import assert from 'node:assert/strict';
import { assertDone, assertEffects, assertProblem } from './checks.ts';
import type { ConformanceCase } from './conformance-case.ts';

/** What a key is, and what uses it up. */
export const casesOfKeys: readonly ConformanceCase[] = [
  {
    name: 'is demanded',
    needs: [],
    run: async (context) => {
      const { send, subject, mark } = context;
      const answer = await send({ key: null, body: subject.body(mark) });
      assertProblem(answer, 400, 'idempotency-key-missing');
      await assertEffects(context, mark, 0);
    },
  },
  {
    name: 'is not empty',
    needs: [],
    run: async ({ send, subject, mark }) => {
      const answer = await send({ key: '', body: subject.body(mark) });
      assertProblem(answer, 400, 'idempotency-key-missing');
    },
  },
  ...[
    { what: 'no blank inside', key: 'not one word' },
    { what: 'no quotes inside', key: 'a"b' },
    { what: 'no letters beyond ASCII', key: 'clé' },
    { what: 'at most 255 characters', key: 'k'.repeat(256) },
  ].map(
    ({ what, key }): ConformanceCase => ({
      name: `has ${what}`,
      needs: [],
      run: async (context) => {
        const { send, subject, mark } = context;
        const answer = await send({ key, body: subject.body(mark) });
        assertProblem(answer, 400, 'idempotency-key-malformed');
        await assertEffects(context, mark, 0);
      },
    }),
  ),
  {
    name: 'may have all of 255 characters',
    needs: [],
    run: async (context) => {
      const { send, subject, mark, key } = context;
      const long = key.padEnd(255, '~');
      assertDone(context, await send({ key: long, body: subject.body(mark) }), 'now');
      assertDone(context, await send({ key: long, body: subject.body(mark) }), 'before');
      const other = await send({ key: `${long.slice(0, -1)}!`, body: subject.refused(mark) });
      assert.equal(other.headers['idempotency-replayed'], undefined);
    },
  },
  {
    name: 'may stand in quotes, which are no part of it',
    needs: [],
    run: async (context) => {
      const { send, subject, mark, key } = context;
      assertDone(context, await send({ key, body: subject.body(mark) }), 'now');
      assertDone(context, await send({ key: `"${key}"`, body: subject.body(mark) }), 'before');
    },
  },
  {
    name: 'is compared letter by letter',
    needs: [],
    run: async (context) => {
      const { send, subject, mark, key } = context;
      assertDone(context, await send({ key: `${key}-a`, body: subject.body(mark) }), 'now');
      assertDone(context, await send({ key: `${key}-A`, body: subject.body(`${mark}A`) }), 'now');
    },
  },
  {
    name: 'is sent back with every answer under it',
    needs: [],
    run: async ({ send, subject, mark, key }) => {
      const first = await send({ key, body: subject.body(mark) });
      const quoted = await send({ key: `"${key}"`, body: subject.body(mark) });
      const reused = await send({ key, body: subject.body(`${mark}A`) });
      const refused = await send({ key: `${key}-r`, body: subject.refused(mark) });
      const invalid = await send({ key: `${key}-i`, body: {} });
      assert.deepEqual(
        [first, quoted, reused, refused, invalid].map(({ headers }) => headers['idempotency-key']),
        [key, `"${key}"`, key, `${key}-r`, `${key}-i`],
      );
    },
  },
  {
    name: 'is not used up by a request that is not well-formed',
    needs: [],
    run: async (context) => {
      const { send, subject, mark, key } = context;
      assertProblem(await send({ key, body: { nonsense: true } }), 400, 'validation-failed');
      assertProblem(await send({ key, body: '{"half":' }), 400, 'malformed-json');
      assertDone(context, await send({ key, body: subject.body(mark) }), 'now');
    },
  },
  {
    name: 'is not used up by a request that nobody may make',
    needs: [],
    run: async (context) => {
      const { send, subject, mark, key } = context;
      const body = subject.body(mark);
      assertProblem(await send({ key, body, token: null }), 401, 'unauthenticated');
      assertProblem(await send({ key, body, token: 'x.y.z' }), 401, 'unauthenticated');
      assertDone(context, await send({ key, body }), 'now');
      assertProblem(await send({ key, body, token: null }), 401, 'unauthenticated');
    },
  },
  {
    name: 'is not used up by a dry run',
    needs: [],
    about: ({ dryRun }) => dryRun,
    run: async (context) => {
      const { send, subject, mark, key } = context;
      const body = subject.body(mark);
      const dry = await send({ key, body, path: `${subject.path}?dryRun=true` });
      assert.deepEqual([dry.status, dry.headers['atlas-dry-run']], [200, 'true']);
      await assertEffects(context, mark, 0);
      assertDone(context, await send({ key, body }), 'now');
    },
  },
  {
    name: 'says nothing with a safe method',
    needs: [],
    run: async ({ send, subject, mark, key }) => {
      await send({ key, body: subject.body(mark) });
      const read = await send({ key, body: undefined, method: 'GET', path: '/v1/assets' });
      assert.equal(read.status, 200);
      assert.equal(read.headers['idempotency-replayed'], undefined);
    },
  },
];
