import { join } from 'node:path';
import { ask, nextMessage, startChildren, stopChildren } from '../children.ts';
import type { GeneratedRun, RunOrder } from './generator-program.ts';

export interface Generator {
  /** One run at a time. */
  run(order: RunOrder): Promise<GeneratedRun>;
  close(): Promise<void>;
}

export const startGenerator = async (frontPort: number, token: string): Promise<Generator> => {
  const env = { LOAD_FRONT_PORT: String(frontPort), LOAD_TOKEN: token };
  const [child] = startChildren(join(import.meta.dirname, 'generator-program.ts'), 1, env, 1);
  if (child === undefined) throw new Error('the generator did not start');
  await nextMessage(child);
  return {
    run: (order) => ask<GeneratedRun>(child, order),
    close: () => stopChildren([child]),
  };
};
