import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Attribute = { readonly S?: string; readonly N?: string };
type Item = Record<string, Attribute>;

interface Request {
  readonly Item: Item;
  readonly Key: Item;
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues: Item;
}

export interface MemoryDynamodb {
  readonly url: string;
  readonly items: Map<string, Item>;
  /** Operations that fail until they are taken out again. */
  readonly failing: Set<string>;
  /** Operations that are not answered until they are taken out again. */
  readonly silent: Set<string>;
  /** The operations it was asked for, in their order. */
  readonly asked: string[];
  close(): Promise<void>;
}

const readBody = async (request: IncomingMessage): Promise<Request> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Request;
};

/** As much of DynamoDB as Powertools' store of idempotency records calls: one table, keyed by `id`. */
export const memoryDynamodb = async (): Promise<MemoryDynamodb> => {
  const items = new Map<string, Item>();
  const failing = new Set<string>();
  const silent = new Set<string>();
  const asked: string[] = [];

  /** Whether a record may be put in the place of this one: it is over, or its owner was too slow. */
  const mayReplace = (old: Item, { ExpressionAttributeValues: values }: Request): boolean => {
    const isLess = (name: string, value: string) =>
      Number(old[name]?.N ?? Infinity) < Number(values[value]?.N);
    const isAbandoned =
      old.status?.S === values[':inprogress']?.S &&
      isLess('in_progress_expiration', ':now_in_millis');
    return isLess('expiration', ':now') || isAbandoned;
  };

  const answer = (operation: string, body: Request): readonly [number, object] => {
    if (failing.has(operation)) return [500, { __type: 'InternalServerError', message: 'broken' }];
    const id = (body.Item ?? body.Key).id?.S ?? '';
    const old = items.get(id);
    switch (operation) {
      case 'PutItem':
        if (old !== undefined && !mayReplace(old, body)) {
          return [400, { __type: 'ConditionalCheckFailedException', Item: old }];
        }
        items.set(id, body.Item);
        return [200, {}];
      case 'UpdateItem': {
        const changes = body.UpdateExpression.replace('SET ', '').split(', ');
        const changed = changes.map((change): [string, Attribute] => {
          const [name = '', value = ''] = change.split(' = ');
          return [
            body.ExpressionAttributeNames[name] ?? '',
            body.ExpressionAttributeValues[value] ?? {},
          ];
        });
        items.set(id, { ...old, id: { S: id }, ...Object.fromEntries(changed) });
        return [200, {}];
      }
      case 'DeleteItem':
        items.delete(id);
        return [200, {}];
      default:
        throw new Error(`${operation} is not known here`);
    }
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    asked.push(operation);
    if (silent.has(operation)) return;
    const [status, body] = answer(operation, await readBody(request));
    response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    items,
    failing,
    silent,
    asked,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
