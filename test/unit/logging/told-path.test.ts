import { describe, expect, it } from 'vitest';
import { toldPath } from '../../../layers/runtime/src/logging/told-path.ts';

const id = '01a20986-e837-72a9-8b67-26f63f6aa5f0';
const route = '/v1/accounts/{accountId}/balance';

describe('a path in a log line', () => {
  it.each([
    ['/v1/transfers', '/v1/transfers', '/v1/transfers'],
    [route, `/v1/accounts/${id}/balance`, `/v1/accounts/${id}/balance`],
    [route, '/v1/accounts/4111111111111111/balance', route],
    [route, '/v1/accounts/alice@example.com/balance', route],
    [route, `/v1/accounts/${id.toUpperCase()}/balance`, route],
    // What the gateway would not have sent here.
    [route, '/v1/hunter2', route],
    ['/v1/transfers', '/v1/transfers/hunter2', '/v1/transfers'],
  ])('of %s for %s is %s', (asked, path, told) => {
    expect(toldPath(asked, path)).toBe(told);
  });
});
