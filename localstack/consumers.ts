import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { profileFolder } from './paths.ts';
import { type ProcessRecord, recordOf, startProcess, untilReady } from './process-record.ts';

/** The two long-lived processes, which do offline what AWS does with a rule and an event source. */
export const consumerNames = ['relay', 'event-source'] as const;
export type ConsumerName = (typeof consumerNames)[number];

const programs: Readonly<Record<ConsumerName, string>> = {
  relay: 'relay.ts',
  'event-source': join('event-source', 'main.ts'),
};

/** Where the profile's processes find the parts. */
export const endpointsFile = (profile: string): string =>
  join(profileFolder(profile), 'endpoints.json');

export const startConsumer = async (
  profile: string,
  name: ConsumerName,
): Promise<ProcessRecord> => {
  const running = recordOf(profile, name);
  if (running !== undefined) return running;
  const log = join(profileFolder(profile), 'logs', `${name}.log`);
  // Logs are kept between starts, and an earlier process was ready, too.
  const from = existsSync(log) ? statSync(log).size : 0;
  const record = await startProcess({
    profile,
    name,
    command: [process.execPath, join(import.meta.dirname, programs[name]), endpointsFile(profile)],
    environment: { PATH: process.env.PATH ?? '' },
  });
  await untilReady(record, async () =>
    readFileSync(log).subarray(from).toString().includes('"ready"'),
  );
  return record;
};
