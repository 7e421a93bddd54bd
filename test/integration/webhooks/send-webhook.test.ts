import { lookup as systemLookup } from 'node:dns/promises';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendWebhook } from '../../../functions/services/send-webhook.ts';
import { refusalOfUrl } from '../../../functions/services/webhook-destination.ts';
import { startReceiver, type WebhookReceiver } from '../../support/webhook-receiver.ts';

let receiver: WebhookReceiver;
let inner: WebhookReceiver;

beforeEach(async () => {
  receiver = await startReceiver();
  // Stands for what must not be reached: this address is not trusted.
  inner = await startReceiver('127.0.0.2', Number(new URL(receiver.url).port));
});
afterEach(() => Promise.all([receiver.close(), inner.close()]));

const headers = {
  'webhook-id': 'one',
  'webhook-timestamp': '1',
  'webhook-signature': 'v1,AAAA',
} as const;

const trusted = ['127.0.0.1'];
const send = (
  url: string,
  resolve = async (name: string) => [(await systemLookup(name)).address],
  timeoutMs = 5_000,
) => sendWebhook({ url, headers, body: '{"é":1}' }, { rules: { trusted, resolve }, timeoutMs });

/** A name that resolves to the trusted address first, and to the inner one ever after. */
const rebinding = () => {
  let asked = 0;
  return async () => {
    asked += 1;
    return [asked === 1 ? '127.0.0.1' : '127.0.0.2'];
  };
};

/** What somebody would write first: check the name, then let the client connect to it. */
const naiveSend = async (url: string, resolve: (name: string) => Promise<string[]>) => {
  if ((await refusalOfUrl(url, { trusted, resolve })) !== null) return;
  await new Promise<void>((done, fail) => {
    const lookup = (name: string, options: { all?: boolean }, found: CallableFunction) => {
      void resolve(name).then(([address]) =>
        options.all === true ? found(null, [{ address, family: 4 }]) : found(null, address, 4),
      );
    };
    const sent = request(url, { method: 'POST', agent: false, lookup: lookup as never });
    sent.on('response', (answer) => answer.resume().on('end', done));
    sent.on('error', fail);
    sent.end('{}');
  });
};

describe('sending a webhook', () => {
  it('posts the body as it is, with its headers, and tells the status', async () => {
    receiver.behave((_received, response) => {
      response.setHeader('Retry-After', '7');
      return 503;
    });
    expect(await send(receiver.url)).toEqual({
      kind: 'answered',
      status: 503,
      retryAfterMs: 7_000,
    });
    const [got] = receiver.received;
    expect(got?.body).toBe('{"é":1}');
    expect(got?.headers).toMatchObject({ ...headers, 'content-type': 'application/json' });
  });

  it('connects to the address that it checked, whatever the name resolves to by then', async () => {
    const url = receiver.url.replace('127.0.0.1', 'rebinding.test');
    expect(await send(url, rebinding())).toMatchObject({ kind: 'answered', status: 200 });
    expect([receiver.received.length, inner.received.length]).toEqual([1, 0]);
    expect(await send(url, async () => ['127.0.0.2'])).toEqual({
      kind: 'failed',
      error: 'address-refused',
    });
    expect(inner.received).toHaveLength(0);

    await naiveSend(url, rebinding());
    expect(inner.received).toHaveLength(1);
  });

  it('does not go where one of several addresses must not be gone to', async () => {
    const url = receiver.url.replace('127.0.0.1', 'both.test');
    const answer = await send(url, async () => ['127.0.0.1', '127.0.0.2']);
    expect(answer).toEqual({ kind: 'failed', error: 'address-refused' });
    expect([receiver.received.length, inner.received.length]).toEqual([0, 0]);
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect (%i)', async (status) => {
    receiver.behave((_received, response) => {
      response.setHeader('Location', inner.url);
      return status;
    });
    expect(await send(receiver.url)).toMatchObject({ kind: 'answered', status });
    expect(inner.received).toHaveLength(0);
    // The server is there: who follows gets there.
    const followed = await fetch(receiver.url, { method: 'POST', body: '{}' });
    expect([followed.status, inner.received.length]).toEqual([200, 1]);
  });

  it('waits no longer than it is given, for an answer or for a name', async () => {
    receiver.behave(() => undefined);
    expect(await send(receiver.url, undefined, 200)).toEqual({ kind: 'failed', error: 'timeout' });
    const never = () => new Promise<never>(() => {});
    const url = receiver.url.replace('127.0.0.1', 'slow.test');
    expect(await send(url, never, 200)).toEqual({ kind: 'failed', error: 'timeout' });
  });

  it('is not held up, nor filled, by a body without end', async () => {
    let closed = false;
    let writtenBytes = 0;
    receiver.behave((_received, response) => {
      const chunk = Buffer.alloc(65_536);
      response.on('close', () => {
        closed = true;
      });
      const write = (): void => {
        while (!closed && response.write(chunk)) writtenBytes += chunk.length;
      };
      response.on('drain', write);
      response.writeHead(200);
      write();
      return undefined;
    });
    expect(await send(receiver.url)).toMatchObject({ kind: 'answered', status: 200 });
    await expect.poll(() => closed, { timeout: 5_000 }).toBe(true);
    expect(writtenBytes).toBeLessThan(64 * 1024 * 1024);
  });

  it('tells a connection that is refused, and a name that does not resolve', async () => {
    const { url } = inner;
    await inner.close();
    inner = await startReceiver();
    const closed = url.replace('127.0.0.2', '127.0.0.1').replace(/:\d+/, ':9');
    expect(await send(closed)).toEqual({ kind: 'failed', error: 'connection' });
    const nameless = async () => {
      throw new Error('no such name');
    };
    expect(await send(url.replace('127.0.0.2', 'no-such.test'), nameless)).toEqual({
      kind: 'failed',
      error: 'connection',
    });
  });

  it('speaks TLS where it is told to, and nothing else', async () => {
    const secure = receiver.url.replace('http:', 'https:');
    expect(await send(secure)).toEqual({ kind: 'failed', error: 'tls' });
    expect(receiver.received).toHaveLength(0);
  });
});
