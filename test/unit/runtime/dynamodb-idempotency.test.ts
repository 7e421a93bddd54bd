import { type CallGuard, deadlineIn, Fault, type OutboundCall } from '@atlas/domain';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StoredAnswer } from '../../../layers/runtime/src/answer.ts';
import { dynamodbIdempotency } from '../../../layers/runtime/src/dynamodb-idempotency.ts';
import { Problem } from '../../../layers/runtime/src/problem.ts';
import { type MemoryDynamodb, memoryDynamodb } from '../../support/memory-dynamodb.ts';
import { plainGuard } from '../../support/plain-guard.ts';

let guarded: OutboundCall[] = [];
const plainly: CallGuard['run'] = (call, options) => plainGuard.run(call, options);
let run = plainly;
/** One for all tests: the store is made once a process, with the guard of the first request. */
const guard: CallGuard = {
  ...plainGuard,
  run: (call, options) => {
    guarded.push(options);
    return run(call, options);
  },
};

let dynamodb: MemoryDynamodb;
beforeAll(async () => {
  dynamodb = await memoryDynamodb();
  // The store is made once a process, with what the environment says then.
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL: dynamodb.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    ATLAS_IDEMPOTENCY_TABLE: 'keys',
  })) {
    vi.stubEnv(name, value);
  }
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await dynamodb.close();
});
beforeEach(() => {
  dynamodb.items.clear();
  dynamodb.failing.clear();
  dynamodb.silent.clear();
  dynamodb.asked.length = 0;
  guarded = [];
  run = plainly;
});

const who = { tenant: 'acme', keyHash: 'aa', requestHash: 'bb' };
const soon = () => deadlineIn(Date.now(), 5_000);
const context = { getRemainingTimeInMillis: () => 10_000 } as Context;
const created: StoredAnswer = { status: 201, headers: { Location: '/a' }, body: '{"n":1}' };

const ask = (
  effect: () => Promise<StoredAnswer>,
  { operation = 'post-asset', ...other }: Partial<typeof who> & { operation?: string } = {},
) =>
  dynamodbIdempotency(
    operation,
    { ...who, ...other },
    { context, deadline: soon(), guard },
    effect,
  );
const succeed = () => vi.fn<() => Promise<StoredAnswer>>(async () => created);

const problemOf = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Problem);
  const { code, detail, retryAfterSeconds } = error as Problem;
  expect(detail).toMatch(/^[A-Z].+\.$/);
  return { code, retryAfterSeconds };
};

describe('a key whose answer is kept in DynamoDB', () => {
  it('does its work once, and answers again from what was kept', async () => {
    const effect = succeed();
    expect(await ask(effect)).toEqual({ answer: created, replayed: false });
    expect(await ask(effect)).toEqual({ answer: created, replayed: true });
    expect(effect).toHaveBeenCalledTimes(1);
  });

  it('is of a tenant, of an operation and of a key', async () => {
    const effect = succeed();
    await ask(effect);
    for (const other of [{ tenant: 'globex' }, { operation: 'post-upload' }, { keyHash: 'ab' }]) {
      expect(await ask(effect, other)).toMatchObject({ replayed: false });
    }
    expect(effect).toHaveBeenCalledTimes(4);
    expect([...dynamodb.items.keys()].every((id) => !id.includes('acme'))).toBe(true);
  });

  it('is kept for seven days', async () => {
    const beforeSeconds = Date.now() / 1_000;
    await ask(succeed());
    const [item] = dynamodb.items.values();
    const days = (Number(item?.expiration?.N) - beforeSeconds) / 86_400;
    expect(days).toBeGreaterThan(6.999);
    expect(days).toBeLessThan(7.001);
  });

  it('is refused to another request, and what is kept stays', async () => {
    const effect = succeed();
    await ask(effect);
    expect(await problemOf(ask(effect, { requestHash: 'bc' }))).toEqual({
      code: 'idempotency-key-reused',
      retryAfterSeconds: undefined,
    });
    expect(await ask(effect)).toMatchObject({ replayed: true });
    expect(effect).toHaveBeenCalledTimes(1);
  });

  it('is in flight while its work is under way', async () => {
    const { promise, resolve } = Promise.withResolvers<StoredAnswer>();
    const begun = Promise.withResolvers<void>();
    const first = ask(() => {
      begun.resolve();
      return promise;
    });
    await begun.promise;
    const effect = succeed();
    expect(await problemOf(ask(effect))).toEqual({
      code: 'idempotency-key-in-flight',
      retryAfterSeconds: 1,
    });
    resolve(created);
    expect(await first).toEqual({ answer: created, replayed: false });
    expect(await ask(effect)).toEqual({ answer: created, replayed: true });
    expect(effect).not.toHaveBeenCalled();
  });

  it('is free again when its owner had no time left, and not before', async () => {
    const never = () => new Promise<StoredAnswer>(() => {});
    void dynamodbIdempotency(
      'slow',
      who,
      { context: { ...context, getRemainingTimeInMillis: () => 300 }, deadline: soon(), guard },
      never,
    );
    await vi.waitUntil(() => dynamodb.items.size === 1);
    const again = () => ask(succeed(), { operation: 'slow' });
    expect(await problemOf(again())).toMatchObject({ code: 'idempotency-key-in-flight' });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await again()).toEqual({ answer: created, replayed: false });
  });

  it('keeps no fault: the work is done when it is asked for again', async () => {
    const fault = new Error('broken');
    await expect(ask(() => Promise.reject(fault))).rejects.toBe(fault);
    expect(dynamodb.items.size).toBe(0);
    expect(await ask(succeed())).toEqual({ answer: created, replayed: false });
  });

  it('keeps a refusal', async () => {
    const refused = { status: 422, headers: {}, body: '{"code":"x"}' };
    await ask(async () => refused);
    const effect = succeed();
    expect(await ask(effect)).toEqual({ answer: refused, replayed: true });
    expect(effect).not.toHaveBeenCalled();
  });

  it.each([
    ['PutItem', 0],
    ['UpdateItem', 1],
  ])('cannot be kept while %s fails, which may be tried again', async (operation, times) => {
    dynamodb.failing.add(operation);
    const effect = succeed();
    expect(await problemOf(ask(effect))).toEqual({
      code: 'dependency-unavailable',
      retryAfterSeconds: 1,
    });
    expect(effect).toHaveBeenCalledTimes(times);
  });
});

describe('a call of the store', () => {
  it('goes through the guard, with the deadline of its request; what claims a key is made once', async () => {
    const deadline = soon();
    await dynamodbIdempotency('guarded', who, { context, deadline, guard }, succeed());
    expect(dynamodb.asked).toEqual(['PutItem', 'UpdateItem']);
    expect(guarded).toEqual([
      { deadline, effect: 'once' },
      { deadline, effect: 'repeatable' },
    ]);
    expect(guarded[0]?.deadline).toBe(deadline);
  });

  it('is made once by the client: whether it is made again is for the guard', async () => {
    dynamodb.failing.add('PutItem');
    await expect(ask(succeed())).rejects.toThrow(Problem);
    expect(dynamodb.asked).toEqual(['PutItem']);
  });

  it('is given up when the guard no longer waits for it', async () => {
    dynamodb.silent.add('PutItem');
    run = (call) => call(AbortSignal.timeout(100));
    await expect(ask(succeed())).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });

  it('tells the guard of a failure as a fault, and of a key that is taken as it is', async () => {
    const told: unknown[] = [];
    run = (call, options) =>
      plainly(call, options).catch((error: unknown) => {
        told.push(error);
        throw error;
      });
    await ask(succeed());
    await ask(succeed());
    expect(told).toMatchObject([{ name: 'ConditionalCheckFailedException' }]);

    dynamodb.failing.add('PutItem');
    await expect(ask(succeed())).rejects.toThrow(Problem);
    expect(told[1]).toBeInstanceOf(Fault);
    expect(told[1]).toMatchObject({
      code: 'dependency-unavailable',
      message: 'the store of idempotency keys does not answer',
      cause: { name: 'InternalServerError' },
    });
  });
});
