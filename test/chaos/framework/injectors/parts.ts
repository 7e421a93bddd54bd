import { recordOf, stopProcess } from '../../../../localstack/process-record.ts';
import {
  killPart,
  type RestartablePart,
  type RunningParts,
  restartPart,
} from '../../../../localstack/restart-part.ts';
import { testServices } from '../../../support/services.ts';
import { signalTree } from './process-tree.ts';

export type Part = Extract<RestartablePart, 'postgres-0' | 'postgres-1' | 'kafka' | 'aws'>;

/** The parts that everybody uses. Each can be started again twice: what runs is left alone. */
export interface Parts {
  kill(part: Part): Promise<void>;
  /** Asks it to end, and waits until it has. */
  stop(part: Part): Promise<void>;
  start(part: Part): Promise<void>;
  pause(part: Part): void;
  resume(part: Part): void;
}

export const runningParts = (): Parts => {
  const { profile, postgresAdminUrls, kafkaBrokers, awsEndpoint } = testServices();
  const urls = postgresAdminUrls.map((url) => new URL(url));
  const outputs: RunningParts = {
    profile,
    kafkaBrokers: kafkaBrokers.join(','),
    awsEndpoint,
    postgres: urls.map(({ hostname, port }, shard) => ({
      name: `postgres-${shard}`,
      host: hostname,
      port: Number(port),
    })),
  };
  const secrets = { postgres: decodeURIComponent(urls[0]?.password ?? '') };
  const pidOf = (part: Part): number => {
    const record = recordOf(profile, part);
    if (record === undefined) throw new Error(`${part} does not run`);
    return record.pid;
  };
  return {
    kill: async (part) => {
      await killPart(profile, part);
    },
    stop: async (part) => {
      const record = recordOf(profile, part);
      if (record !== undefined) await stopProcess(profile, record);
    },
    start: async (part) => {
      await restartPart(outputs, secrets, part);
    },
    pause: (part) => signalTree(pidOf(part), 'SIGSTOP'),
    resume: (part) => signalTree(pidOf(part), 'SIGCONT'),
  };
};
