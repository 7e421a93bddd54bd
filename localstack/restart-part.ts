import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startConsumer } from './consumers.ts';
import { startKafka } from './native/kafka.ts';
import { startMinistack } from './native/ministack.ts';
import { startShard } from './native/postgres.ts';
import type { Outputs } from './outputs.ts';
import { profileFolder } from './paths.ts';
import { isAlive, type ProcessRecord, recordOf } from './process-record.ts';
import type { LocalSecrets } from './secrets.ts';
import { Trouble } from './trouble.ts';

export type RestartablePart =
  | 'postgres-0'
  | 'postgres-1'
  | 'kafka'
  | 'aws'
  | 'relay'
  | 'event-source';

/** Where the parts of a profile run. */
export type RunningParts = Pick<Outputs, 'profile' | 'postgres' | 'kafkaBrokers' | 'awsEndpoint'>;

/** Kills a part as a crash does, by its recorded pid, and waits until it is gone. */
export const killPart = async (profile: string, part: RestartablePart): Promise<ProcessRecord> => {
  const record = recordOf(profile, part);
  if (record === undefined) throw new Trouble(`${part} does not run`);
  process.kill(record.pid, 'SIGKILL');
  while (isAlive(record)) await sleep(10);
  return record;
};

/** Starts a part again where it ran, with the data that it left. */
export const restartPart = async (
  outputs: RunningParts,
  secrets: Pick<LocalSecrets, 'postgres'>,
  part: RestartablePart,
): Promise<ProcessRecord> => {
  const { profile } = outputs;
  if (part === 'relay' || part === 'event-source') return startConsumer(profile, part);
  if (part === 'kafka') {
    const port = Number(outputs.kafkaBrokers.split(':').at(-1));
    return startKafka(profile, port, controllerPortOf(profile));
  }
  if (part === 'aws') return startMinistack(profile, Number(new URL(outputs.awsEndpoint).port));
  const place = outputs.postgres.find(({ name }) => name === part);
  if (place === undefined) throw new Trouble(`there is no ${part}`);
  const server = { profile, name: part, port: place.port, password: secrets.postgres };
  return untilFree(() => startShard(server));
};

const controllerPortOf = (profile: string): number => {
  const file = join(profileFolder(profile), 'data', 'kafka', 'server.properties');
  const found = /^controller\.quorum\.voters=.*:(\d+)$/m.exec(readFileSync(file, 'utf8'));
  return Number(found?.[1]);
};

/** Postgres refuses to start while backends of the killed server still hold its shared memory. */
const untilFree = async (start: () => Promise<ProcessRecord>): Promise<ProcessRecord> => {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
};
