import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../chaos/framework/seeded-random.ts';
import { type Message, messageReader } from '../../../load/http-messages.ts';
import { proxyEvent } from '../../../load/suite/proxy-event.ts';
import {
  functionOf,
  type Route,
  requestWriter,
  routeDrawer,
  routes,
  usualMix,
} from '../../../load/suite/routes.ts';

const messageOf = (text: string): Message => {
  const messages: Message[] = [];
  messageReader((message) => messages.push(message))(Buffer.from(text));
  const [message] = messages;
  if (message === undefined || messages.length > 1) throw new Error('not one message');
  return message;
};

describe('requests of a mix', () => {
  it('are drawn as often as the mix says, and alike for the same seed', () => {
    const draw = routeDrawer(usualMix, seededRandom(1));
    const drawn = Array.from({ length: 10_000 }, draw);
    for (const [route, percent] of Object.entries(usualMix)) {
      const share = (100 * drawn.filter((one) => one === route).length) / drawn.length;
      expect(Math.abs(share - percent)).toBeLessThan(2);
    }
    const again = routeDrawer(usualMix, seededRandom(1));
    expect(Array.from({ length: 100 }, again)).toEqual(drawn.slice(0, 100));
    expect(() => routeDrawer({}, seededRandom(1))).toThrow(RangeError);
  });

  it.each(routes)('go to the function of their route, as the gateway would say it: %s', (route) => {
    const write = requestWriter('token', seededRandom(1));
    const message = messageOf(write(route, '17'));
    const routed = proxyEvent(message, 'request', 1_234);
    expect(routed?.name).toBe(functionOf[route]);
    const event = JSON.parse(routed?.event ?? '{}');
    expect(event.headers.Authorization).toBe('Bearer token');
    expect(event.requestContext).toMatchObject({ requestId: 'request', requestTimeEpoch: 1_234 });
    expect(message.header('x-exchange')).toBe('17');
  });

  it('have a key of their own where something is written', () => {
    const write = requestWriter('token', seededRandom(1));
    const keyOf = (route: Route) => messageOf(write(route, '1')).header('idempotency-key');
    expect(keyOf('post-transfer')).toBeDefined();
    expect(keyOf('post-transfer')).not.toBe(keyOf('post-transfer'));
    expect(keyOf('read-balance')).toBeUndefined();
  });
});

describe('an event', () => {
  const eventOf = (start: string) => {
    const routed = proxyEvent({ start, header: () => undefined, body: '' }, 'r', 1);
    return routed && { name: routed.name, event: JSON.parse(routed.event) };
  };

  it('has the parameters of the path and of the query', () => {
    const found = eventOf('GET /v1/accounts/a1/balance?consistency=eventual HTTP/1.1');
    expect(found).toMatchObject({
      name: 'read-balance',
      event: {
        resource: '/v1/accounts/{accountId}/balance',
        pathParameters: { accountId: 'a1' },
        queryStringParameters: { consistency: 'eventual' },
        body: null,
      },
    });
    expect(eventOf('GET /v1/assets HTTP/1.1')?.event).toMatchObject({
      pathParameters: null,
      queryStringParameters: null,
    });
  });

  it('is not made of a request to an address where nothing is', () => {
    expect(eventOf('GET /v1/nowhere HTTP/1.1')).toBeUndefined();
    expect(eventOf('DELETE /v1/transfers HTTP/1.1')).toBeUndefined();
  });
});
