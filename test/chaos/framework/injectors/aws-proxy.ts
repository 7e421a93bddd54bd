import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Told of each call when it comes and when its answer does; `lose` ends the connection instead. */
export type CallWatch = (call: string, phase: 'sent' | 'answered') => 'pass' | 'lose';

/** The same, and what is asked. */
export type AwsWatch = (...told: [...Parameters<CallWatch>, body: Buffer]) => ReturnType<CallWatch>;

/** What befalls a call, and how often. */
export interface AwsFault {
  /** `DynamoDB_20120810.PutItem` and the like; it is looked for in the name of the call. */
  readonly call: string;
  /** Decides for each such call. */
  readonly befalls: () => boolean;
  /**
   * `throttled` and `failing` are answered as DynamoDB does, and nothing is done. `unanswered`: it is done,
   * and the connection ends instead of the answer. `hanging`: nothing is done, and nothing answered.
   */
  readonly how: 'throttled' | 'failing' | 'unanswered' | 'hanging';
}

/** Between the SDK and an AWS endpoint: does with calls what a region does on a bad day. */
export interface AwsProxy {
  readonly url: string;
  /** From now on, beside what befalls calls already. */
  befall(fault: AwsFault): void;
  heal(): void;
  /** How many calls something befell. */
  harmed(): number;
  close(): Promise<void>;
}

const errors = {
  throttled: {
    status: 400,
    type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  },
  failing: { status: 500, type: 'com.amazonaws.dynamodb.v20120810#InternalServerError' },
} as const;

const callOf = ({ method, url, headers }: IncomingMessage): string =>
  String(headers['x-amz-target'] ?? `${method} ${url?.split('?')[0]}`);

const bodyOf = async (message: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

export const awsProxy = async (
  endpoint: string,
  watch: AwsWatch = () => 'pass',
): Promise<AwsProxy> => {
  const { hostname, port } = new URL(endpoint);
  const agent = new Agent({ keepAlive: true });
  const faults: AwsFault[] = [];
  const hanging = new Set<ServerResponse>();
  let harmed = 0;

  const forward = (from: IncomingMessage, body: Buffer): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { method, url, headers } = from;
      const onward = request({ hostname, port, method, path: url, headers, agent }, resolve);
      onward.once('error', reject);
      onward.end(body);
    });

  const serve = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    const call = callOf(from);
    const body = await bodyOf(from);
    const fault = faults.find((one) => call.includes(one.call) && one.befalls());
    if (fault !== undefined) harmed += 1;
    if (watch(call, 'sent', body) === 'lose') {
      to.destroy();
      return;
    }
    if (fault?.how === 'hanging') {
      hanging.add(to);
      return;
    }
    if (fault !== undefined && fault.how !== 'unanswered') {
      const { status, type } = errors[fault.how];
      to.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0' });
      to.end(JSON.stringify({ __type: type, message: 'injected' }));
      return;
    }
    const answer = await forward(from, body);
    const content = await bodyOf(answer);
    if (fault?.how === 'unanswered' || watch(call, 'answered', body) === 'lose') {
      to.destroy();
      return;
    }
    to.writeHead(answer.statusCode ?? 500, answer.headers).end(content);
  };

  const server = createServer((from, to) => {
    serve(from, to).catch(() => to.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    befall: (fault) => {
      faults.push(fault);
    },
    heal: () => {
      faults.length = 0;
      for (const to of hanging) to.destroy();
      hanging.clear();
    },
    harmed: () => harmed,
    close: async () => {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
