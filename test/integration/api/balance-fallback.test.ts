import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import { apiOver } from '../../support/in-process-api.ts';
import { inProcessGateway } from '../../support/in-process-gateway.ts';
import { type TcpProxy, tcpProxy } from '../../support/tcp-proxy.ts';
import { type TestSurroundings, testSurroundings } from '../../support/test-api.ts';

let surroundings: TestSurroundings;
let aws: TcpProxy;
let client: ApiClient;

beforeAll(async () => {
  surroundings = await testSurroundings();
  const { environment, issuer } = surroundings;
  const { hostname: host, port } = new URL(environment.AWS_ENDPOINT_URL ?? '');
  aws = await tcpProxy({ host, port: Number(port) });
  const own = { ...environment, AWS_ENDPOINT_URL: `http://127.0.0.1:${aws.port}` };
  client = apiClient(apiOver(inProcessGateway(own)), await issuer.token({ tenant: 'fallback' }));
});
afterAll(async () => {
  const { ledger } = await import('../../../functions/services/ledger.ts');
  await ledger().close();
  await aws?.close();
  await surroundings?.database.drop();
});

it('a balance of the read model comes from the leader while that hangs, or is down, for some of who ask', async () => {
  await client.asset('EUR');
  const account = await client.account({ asset: 'EUR' });
  const read = () => client.get(`/v1/accounts/${account}/balance?consistency=eventual`);
  // The deadline is kept by that alone: a hanging model leaves time for the leader.
  for (const harm of ['halfOpen', 'cutOff'] as const) {
    aws[harm]();
    const { status, headers, body } = await read();
    expect({ status, level: headers['atlas-consistency'], body }).toMatchObject({
      status: 200,
      level: 'linearizable',
      body: { accountId: account, balance: '0' },
    });
    expect(headers).not.toHaveProperty('atlas-staleness-ms');
  }

  const answers: string[] = [];
  for (let i = 0; i < 100; i += 1) {
    const answer = await read();
    answers.push(answer.status === 200 ? 'leader' : String(answer.body.code));
  }
  const byLeader = answers.filter((one) => one === 'leader').length;
  expect(new Set(answers)).toEqual(new Set(['leader', 'dependency-unavailable']));
  // Ten that were saved up, less the two above, and a fifth.
  expect(byLeader).toBeGreaterThanOrEqual(28);
  expect(byLeader).toBeLessThanOrEqual(29);
});
