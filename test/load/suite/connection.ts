import { once } from 'node:events';
import { connect } from 'node:net';
import { messageReader } from '../http-messages.ts';
import { exchangeHeader } from './routes.ts';

export interface Connection {
  /** Sends what `write` makes of a name, and resolves with the status: 0 where the connection ended first. */
  exchange(write: (name: string) => string): Promise<number>;
  close(): void;
}

/**
 * A connection that carries many requests at a time, as HTTP/2 does, in the text of HTTP/1.1: a header names
 * the exchange, and answers come in any order. A connection for each request that waits would cost the
 * generator more than the request costs the function.
 */
export const openConnection = async (port: number): Promise<Connection> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.setNoDelay(true);
  const waiting = new Map<string, (status: number) => void>();
  let sent = 0;
  let isCorked = false;

  socket.on(
    'data',
    messageReader(({ start, header }) => {
      const name = header(exchangeHeader) ?? '';
      waiting.get(name)?.(Number(start.split(' ', 2)[1]));
      waiting.delete(name);
    }),
  );
  const end = (): void => {
    for (const resolve of waiting.values()) resolve(0);
    waiting.clear();
  };
  socket.on('error', end);
  socket.on('close', end);

  /** What is sent in one turn of the event loop goes out in one write. */
  const cork = (): void => {
    if (isCorked) return;
    isCorked = true;
    socket.cork();
    process.nextTick(() => {
      isCorked = false;
      socket.uncork();
    });
  };

  return {
    exchange: (write) =>
      new Promise((resolve) => {
        if (socket.destroyed) {
          resolve(0);
          return;
        }
        sent += 1;
        const name = String(sent);
        waiting.set(name, resolve);
        cork();
        socket.write(write(name));
      }),
    close: () => socket.destroy(),
  };
};
