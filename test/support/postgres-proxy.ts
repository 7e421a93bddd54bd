import { createServer, connect as dial, type Socket } from 'node:net';

/** What is lost, and what comes after it. */
interface Loss {
  readonly of: 'statement' | 'answer';
  /** Whether new connections are let through afterwards. */
  readonly after: 'reconnect' | 'refuse';
  /** Called when it happens, before the connection ends. */
  readonly onLoss?: () => void;
}

/** A proxy between a client and Postgres that can lose what goes through it, as a dying network does. */
export interface PostgresProxy {
  readonly port: number;
  /**
   * From now on: when the next statement comes, or when the answer to it does, which is after the commit,
   * destroys the connection instead of passing it on.
   */
  lose(loss: Loss): void;
  /** The answer of the next statement; see `lose`. */
  loseNextAnswer(after: Loss['after']): void;
  /** Loses nothing any more. */
  disarm(): void;
  /** Ends all connections, and refuses new ones. */
  cutOff(): void;
  /** Loses nothing any more, and lets connections through again. */
  heal(): void;
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
  let armed: Loss | undefined;
  let refusing = false;
  let answered = 0;
  const fire = (client: Socket): void => {
    const loss = armed;
    armed = undefined;
    refusing = loss?.after === 'refuse';
    loss?.onLoss?.();
    client.destroy();
  };
  const server = createServer((client) => {
    if (refusing) {
      client.destroy();
      return;
    }
    const upstream = dial(target.port, target.host);
    /** Signing in is no statement, and its answer none that could be lost. */
    let signedIn = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => {
      if (signedIn && armed?.of === 'statement') fire(client);
      else upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (isReady(data)) answered += 1;
      if (signedIn && armed?.of === 'answer') fire(client);
      else client.write(data);
      signedIn ||= isReady(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const lose = (loss: Loss): void => {
    armed = loss;
  };
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    lose,
    disarm: () => {
      armed = undefined;
    },
    loseNextAnswer: (after) => lose({ of: 'answer', after }),
    cutOff: () => {
      refusing = true;
      endAll();
    },
    heal: () => {
      refusing = false;
      armed = undefined;
    },
    answers: () => answered,
    close: async () => {
      endAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
