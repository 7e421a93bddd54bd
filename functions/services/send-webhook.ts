import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import {
  type Attempt,
  type DeliveryError,
  retryAfterMsOf,
  type WebhookHeaders,
} from '@atlas/domain';
import {
  DestinationRefused,
  type DestinationRules,
  type PinnedDestination,
  pinDestination,
} from './webhook-destination.ts';

export interface WebhookMessage {
  readonly url: string;
  readonly headers: WebhookHeaders;
  readonly body: string;
}

export interface SendOptions {
  readonly rules: DestinationRules;
  /** From the first look at the name to the last byte of the answer's head. */
  readonly timeoutMs: number;
}

/** What is taken of an answer's body, and thrown away, before the connection is cut. */
const maxAnswerBytes = 16_384;

/**
 * Posts a message once, and tells what came of it; never throws. Redirects are not followed, since
 * they could lead anywhere. The head of an answer decides, and its body does not matter.
 */
export const sendWebhook = async (
  message: WebhookMessage,
  { rules, timeoutMs }: SendOptions,
): Promise<Attempt> => {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const pinned = await orAborted(pinDestination(message.url, rules), signal);
    const answer = await post(message, pinned, signal);
    const retryAfterMs = retryAfterMsOf(answer.headers['retry-after'], Date.now());
    return { kind: 'answered', status: answer.statusCode ?? 0, retryAfterMs };
  } catch (error) {
    return { kind: 'failed', error: signal.aborted ? 'timeout' : errorOf(error) };
  }
};

/** A look-up of the system cannot be stopped, but need not be waited for. */
const orAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });

const post = (
  { headers, body }: WebhookMessage,
  { url, lookup }: PinnedDestination,
  signal: AbortSignal,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const bytes = Buffer.from(body);
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request: ClientRequest = send(url, {
      method: 'POST',
      // A connection of its own: one that is kept could outlive what was checked of its address.
      agent: false,
      lookup,
      signal,
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': bytes.length,
        'user-agent': 'Atlas-Webhooks/1',
        connection: 'close',
      },
    });
    request.on('response', (answer) => {
      let leftBytes = maxAnswerBytes;
      answer.on('data', (chunk: Buffer) => {
        leftBytes -= chunk.length;
        if (leftBytes < 0) answer.destroy();
      });
      answer.on('error', () => {});
      resolve(answer);
    });
    request.on('error', reject);
    request.end(bytes);
  });

const errorOf = (error: unknown): DeliveryError => {
  if (error instanceof DestinationRefused) {
    return error.reason === 'unresolvable' ? 'connection' : 'address-refused';
  }
  const { code = '' } = error as NodeJS.ErrnoException;
  return /CERT|TLS|SSL|EPROTO|UNABLE_TO/.test(code) ? 'tls' : 'connection';
};
