import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';

/** A server in a process of its own, which can be killed and started again at the same address. */
export interface ServerProcess {
  readonly url: string;
  /** At once, as a machine that loses its power. */
  readonly kill: () => void;
  /** Asked to end, as Lambda and any supervisor do. */
  readonly terminate: () => void;
  /** Gets no time until it is resumed, as a machine that is swapped out. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Something that its program listens to. */
  readonly tell: (message: object) => void;
  isDead(): boolean;
  /** Resolves once the process is gone. */
  ended(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface ServerProgram {
  /** Writes a line once it is ready: its address, where it has one. Default: the API over HTTP. */
  readonly program?: string;
  readonly environment: Readonly<Record<string, string>>;
}

const portOf = (url: string): string => (URL.canParse(url) ? new URL(url).port : '0');

const api = join(import.meta.dirname, 'api-server.ts');

const start = async (
  { program = api, environment }: ServerProgram,
  port: string,
): Promise<{ readonly child: ChildProcess; readonly url: string }> => {
  const child = spawn(process.execPath, [program, port], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  // Whatever it is told after its end is told to nobody.
  child.on('error', () => {});
  const output = child.stdout;
  if (output === null) throw new Error('the server has no output');
  for await (const line of createInterface({ input: output })) {
    output.resume();
    return { child, url: line };
  }
  throw new Error('the server did not start');
};

const isDead = ({ exitCode, signalCode, killed }: ChildProcess): boolean =>
  killed || exitCode !== null || signalCode !== null;

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

export const serverProcess = async (server: ServerProgram): Promise<ServerProcess> => {
  let { child, url } = await start(server, '0');
  const signal = (name: NodeJS.Signals) => () => {
    child.kill(name);
  };
  /** The child's own `kill` would take it for dead from then on. */
  const withoutAsking = (name: NodeJS.Signals) => () => {
    if (child.pid !== undefined && !isDead(child)) process.kill(child.pid, name);
  };
  return {
    url,
    kill: signal('SIGKILL'),
    terminate: signal('SIGTERM'),
    pause: withoutAsking('SIGSTOP'),
    resume: withoutAsking('SIGCONT'),
    tell: (message) => {
      if (child.connected) child.send(message);
    },
    isDead: () => isDead(child),
    ended: () => ended(child),
    restart: async () => {
      await ended(child);
      ({ child, url } = await start(server, portOf(url)));
    },
    close: async () => {
      child.kill('SIGKILL');
      await ended(child);
    },
  };
};
