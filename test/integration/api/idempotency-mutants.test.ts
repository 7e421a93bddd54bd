import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../idempotency/conformance-case.ts';
import { conformanceCases } from '../../idempotency/conformance-cases.ts';
import { type Flaw, naiveKeys } from '../../idempotency/naive-keys.ts';
import { lacking, runSuite } from '../../idempotency/run-suite.ts';
import { openSubjects } from '../../idempotency/subjects.ts';
import { httpGateway } from '../../support/http-gateway.ts';
import { startTestApi, type TestApi } from '../../support/test-api.ts';

let test: TestApi;

beforeAll(async () => {
  test = await startTestApi();
});
afterAll(() => test.close());

/** The cases that fail, of those that a URL is enough for, when keys are kept by this layer. */
const failing = async (flaw: Flaw | undefined, names?: readonly string[]) => {
  const server = await httpGateway(naiveKeys(test.gateway, flaw));
  try {
    const harness: Harness = {
      url: server.url,
      token: await test.issuer.token(),
      otherToken: await test.issuer.token({ tenant: 'globex' }),
    };
    const subjects = (await openSubjects(harness)).filter(({ name }) => name === 'transfers');
    const cases = conformanceCases.filter(
      (one) => lacking(harness, one).length === 0 && (names?.includes(one.name) ?? true),
    );
    expect(cases.length).toBeGreaterThanOrEqual(names?.length ?? 20);
    const results = await runSuite(harness, cases, subjects);
    return results.filter(({ outcome }) => outcome.kind === 'failed').map(({ of }) => of.name);
  } finally {
    await server.close();
  }
};

describe('the suite, run against keys that somebody built in an afternoon', () => {
  it('finds nothing where they are right', async () => {
    expect(await failing(undefined)).toEqual([]);
  });

  it.each<[Flaw, string]>([
    ['forgets keys', 'answers a repeat like the first request, and says so'],
    ['ignores bodies', 'is refused for another body, and still answers the first one'],
    ['compares what it parsed', 'is refused for the same body in another spelling'],
    ['forgets refusals', 'answers a repeat of what was refused with the refusal'],
    ['forgets refusals', 'stays refused when it would succeed by now'],
    ['keeps what is not well-formed', 'is not used up by a request that is not well-formed'],
    ['keeps dry runs', 'is not used up by a dry run'],
    ['shares keys between tenants', 'belongs to its tenant, and tells another one nothing'],
    ['looks before it claims', 'makes one effect of two hundred requests at once'],
    ['takes quotes for a part of the key', 'may stand in quotes, which are no part of it'],
    ['does not send the key back', 'is sent back with every answer under it'],
  ])('finds that one %s', async (flaw, name) => {
    expect(await failing(flaw, [name])).toEqual([name]);
  });
});
