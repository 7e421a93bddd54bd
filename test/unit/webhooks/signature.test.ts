import { randomBytes, randomUUID } from 'node:crypto';
import { signWebhook, webhookSecret } from '@atlas/domain';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';

const nowSeconds = () => Math.floor(Date.now() / 1_000);
const secretOf = () => webhookSecret(randomBytes(32));

describe('a signature', () => {
  it('is what the published library of Standard Webhooks verifies', () => {
    const secret = secretOf();
    const verifier = new Webhook(secret);
    fc.assert(
      fc.property(fc.object(), (event) => {
        const message = {
          id: randomUUID(),
          timestampSeconds: nowSeconds(),
          body: JSON.stringify(event),
        };
        const headers = signWebhook(message, [secret]);
        expect(verifier.verify(message.body, { ...headers })).toEqual(JSON.parse(message.body));
        expect(
          verifier.sign(message.id, new Date(message.timestampSeconds * 1_000), message.body),
        ).toBe(headers['webhook-signature']);
      }),
    );
  });

  it('of two secrets is verified by whoever has either, and by nobody else', () => {
    const [first, second, third] = [secretOf(), secretOf(), secretOf()];
    const message = { id: randomUUID(), timestampSeconds: nowSeconds(), body: '{"a":1}' };
    const headers = { ...signWebhook(message, [second, first]) };
    for (const secret of [first, second]) {
      expect(new Webhook(secret).verify(message.body, headers)).toEqual({ a: 1 });
    }
    expect(() => new Webhook(third).verify(message.body, headers)).toThrow('signature');
    expect(() => new Webhook(first).verify('{"a":2}', headers)).toThrow('signature');
    const elsewhere = { ...headers, 'webhook-id': randomUUID() };
    expect(() => new Webhook(first).verify(message.body, elsewhere)).toThrow('signature');
  });

  it('does not outlive the verifier’s patience', () => {
    const secret = secretOf();
    const old = { id: 'a', timestampSeconds: nowSeconds() - 3_600, body: '{}' };
    const headers = { ...signWebhook(old, [secret]) };
    expect(() => new Webhook(secret).verify('{}', headers)).toThrow('too old');
  });
});
