import { createServer, connect as dial, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Side = 'client' | 'server';

/** Sees what one connection carries, and answers with what is passed on; undefined ends the connection. */
export type Tap = (chunk: Buffer, from: Side) => Buffer | undefined;

/** What a connection suffers, in both directions. */
interface Toxics {
  latencyMs: number;
  /** No limit: infinity. */
  bytesPerSecond: number;
  /** Takes connections and bytes, and passes nothing on. */
  halfOpen: boolean;
  refusing: boolean;
}

const healthy: Toxics = {
  latencyMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  halfOpen: false,
  refusing: false,
};

/** A proxy on 127.0.0.1 before a server, which makes of the way to it what a network can become. */
export interface TcpProxy {
  readonly port: number;
  /** Delays each piece by so long, and so keeps their order. */
  slowDown(latencyMs: number): void;
  narrow(bytesPerSecond: number): void;
  /** Connections stay, and are made; what they carry is lost. */
  halfOpen(): void;
  /** Ends all connections, and refuses new ones. */
  cutOff(): void;
  /** Ends all connections; new ones are let through. */
  cutOnce(): void;
  /** As at first. Connections that lost something end, as they would never go on. */
  heal(): void;
  /** How many pieces were delayed or lost, and connections ended or refused. */
  harmed(): number;
  close(): Promise<void>;
}

export const tcpProxy = async (
  target: { readonly host: string; readonly port: number },
  tapOf: () => Tap = () => (chunk) => chunk,
): Promise<TcpProxy> => {
  const sockets = new Set<Socket>();
  const lossy = new Set<Socket>();
  let toxics = { ...healthy };
  let harmed = 0;

  const join = (client: Socket): void => {
    if (toxics.refusing) {
      harmed += 1;
      client.destroy();
      return;
    }
    const upstream = dial(target.port, target.host);
    const tap = tapOf();
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        lossy.delete(client);
        client.destroy();
        upstream.destroy();
      });
    }
    const carry = (from: Side, source: Socket, sink: Socket): void => {
      let before: Promise<void> | undefined;
      source.on('data', (data) => {
        if (toxics.halfOpen) {
          harmed += 1;
          lossy.add(client);
          return;
        }
        const passed = tap(data, from);
        if (passed === undefined) {
          client.destroy();
          return;
        }
        const delayMs = toxics.latencyMs + (passed.length / toxics.bytesPerSecond) * 1_000;
        if (delayMs === 0 && before === undefined) {
          sink.write(passed);
          return;
        }
        harmed += 1;
        const mine: Promise<void> = Promise.all([before, sleep(delayMs)]).then(() => {
          if (!sink.destroyed) sink.write(passed);
          if (before === mine) before = undefined;
        });
        before = mine;
      });
    };
    carry('client', client, upstream);
    carry('server', upstream, client);
  };

  const server = createServer(join);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const endAll = (): void => {
    harmed += sockets.size;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    slowDown: (latencyMs) => {
      toxics.latencyMs = latencyMs;
    },
    narrow: (bytesPerSecond) => {
      toxics.bytesPerSecond = bytesPerSecond;
    },
    halfOpen: () => {
      toxics.halfOpen = true;
    },
    cutOff: () => {
      toxics.refusing = true;
      endAll();
    },
    cutOnce: endAll,
    heal: () => {
      toxics = { ...healthy };
      for (const socket of lossy) socket.destroy();
    },
    harmed: () => harmed,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
