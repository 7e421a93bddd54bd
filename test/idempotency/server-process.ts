import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';

/** The API in a process of its own, which can be killed and started again at the same address. */
export interface ServerProcess {
  readonly url: string;
  /** At once, as a machine that loses its power. */
  readonly kill: () => void;
  isDead(): boolean;
  restart(): Promise<void>;
  close(): Promise<void>;
}

const program = join(import.meta.dirname, '..', 'support', 'api-server.ts');

const start = async (
  environment: Readonly<Record<string, string>>,
  port: string,
): Promise<{ readonly child: ChildProcess; readonly url: string }> => {
  const child = spawn(process.execPath, [program, port], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) return { child, url: line };
  throw new Error('the API did not start');
};

const isDead = ({ exitCode, signalCode, killed }: ChildProcess): boolean =>
  killed || exitCode !== null || signalCode !== null;

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

export const serverProcess = async (
  environment: Readonly<Record<string, string>>,
): Promise<ServerProcess> => {
  let { child, url } = await start(environment, '0');
  return {
    url,
    kill: () => {
      child.kill('SIGKILL');
    },
    isDead: () => isDead(child),
    restart: async () => {
      await ended(child);
      ({ child, url } = await start(environment, new URL(url).port));
    },
    close: async () => {
      child.kill('SIGKILL');
      await ended(child);
    },
  };
};
