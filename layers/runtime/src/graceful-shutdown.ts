import { lambdaConfig } from './config.ts';

/**
 * Lambda gives two seconds from SIGTERM to the end, of which its extension API takes a part. What is not closed
 * by then is cut off, as it would be without any of this.
 */
const patienceMs = 1_500;

type Closing = () => Promise<unknown>;

const closings: Closing[] = [];

/** Does everything that {@link atShutdown} was told, once each and at once, and waits for it no longer than it may. */
export const shutDown = async (): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  // What fails is over as well: nobody is left who could do anything about it.
  const all = closings.splice(0).map((close) => close().catch(() => {}));
  await Promise.race([Promise.all(all), late]);
  clearTimeout(timer);
};

const shutDownAndExit = (): void => {
  void shutDown().finally(() => process.exit(0));
};

/**
 * Has something closed before an execution environment ends. An environment is idle then, so there is nothing to
 * drain; what matters is that connections are handed back at once, not when the other side notices, and that
 * what was measured and not yet sent is sent.
 *
 * Lambda tells an environment that it ends only where an extension is registered (layers/shutdown-extension).
 * Other processes have their own signals, and call {@link shutDown} when they are done.
 */
export const atShutdown = (close: Closing): void => {
  const isOnLambda = lambdaConfig().AWS_LAMBDA_RUNTIME_API !== undefined;
  if (isOnLambda && process.listenerCount('SIGTERM', shutDownAndExit) === 0) {
    process.once('SIGTERM', shutDownAndExit);
  }
  closings.push(close);
};
