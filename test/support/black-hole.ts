import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface BlackHole {
  readonly port: number;
  /** Connections that were ever made. */
  readonly connections: () => number;
  close(): Promise<void>;
}

/** A server that takes every connection, reads what comes, and never says a word. */
export const blackHole = async (): Promise<BlackHole> => {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
