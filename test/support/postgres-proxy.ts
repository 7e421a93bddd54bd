import { createServer, connect as dial, type Socket } from 'node:net';

/** A proxy between a client and Postgres that can lose an answer, as a dying network does. */
export interface PostgresProxy {
  readonly port: number;
  /**
   * From now on: lets the next statement through, and when its answer comes, which is after the
   * commit, destroys the connection instead of passing it on. `then`: whether new connections are
   * let through afterwards.
   */
  loseNextAnswer(then: 'reconnect' | 'refuse'): void;
  /** How many answers have come back: each ends with the server ready for the next query. */
  answers(): number;
  close(): Promise<void>;
}

/** "Ready for query", and a byte that tells the state of the transaction. */
const isReady = (data: Buffer): boolean =>
  data.subarray(-6, -1).equals(Buffer.from([0x5a, 0, 0, 0, 5]));

export const postgresProxy = async (target: {
  readonly host: string;
  readonly port: number;
}): Promise<PostgresProxy> => {
  const sockets = new Set<Socket>();
  let armed: 'reconnect' | 'refuse' | undefined;
  let refusing = false;
  let answered = 0;
  const server = createServer((client) => {
    if (refusing) {
      client.destroy();
      return;
    }
    const upstream = dial(target.port, target.host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => upstream.write(data));
    upstream.on('data', (data) => {
      if (isReady(data)) answered += 1;
      if (armed === undefined) {
        client.write(data);
        return;
      }
      refusing = armed === 'refuse';
      armed = undefined;
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    loseNextAnswer: (then) => {
      armed = then;
    },
    answers: () => answered,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
