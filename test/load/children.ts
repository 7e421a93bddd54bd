import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** The next message of a child; rejects when the child ends instead. */
export const nextMessage = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    const onExit = (code: number | null) => {
      child.off('message', onMessage);
      reject(new Error(`a process of the bench ended with ${code}`));
    };
    const onMessage = (message: unknown) => {
      child.off('exit', onExit);
      resolve(message as T);
    };
    child.once('message', onMessage);
    child.once('exit', onExit);
  });

/** Sends a message and waits for the answer. */
export const ask = <T>(child: ChildProcess, question: object): Promise<T> => {
  const answer = nextMessage<T>(child);
  child.send(question);
  return answer;
};

/** Starts equal processes of a file; what they print goes to `stdout`, a descriptor, and errors to `stderr`. */
export const startChildren = (
  file: string,
  count: number,
  env: Readonly<Record<string, string>>,
  stdout: number,
  stderr: number | 'inherit' = 'inherit',
): ChildProcess[] =>
  Array.from({ length: count }, () =>
    fork(file, [], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', stdout, stderr, 'ipc'],
    }),
  );

export const stopChildren = async (children: readonly ChildProcess[]): Promise<void> => {
  await Promise.all(
    children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }),
  );
};

export const pidsOf = (children: readonly ChildProcess[]): number[] =>
  children.map(({ pid }) => {
    if (pid === undefined) throw new Error('a process of the bench did not start');
    return pid;
  });
