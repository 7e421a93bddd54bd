import { join } from 'node:path';
import { type ProcessRecord, recordOf, startProcess, untilReady } from '../process-record.ts';

const program = join(import.meta.dirname, '..', 'tracing', 'main.ts');

/** Starts the collector that keeps the last traces in memory. */
export const startTraceCollectorProcess = async (
  profile: string,
  port: number,
): Promise<ProcessRecord> => {
  const name = 'trace-collector';
  const running = recordOf(profile, name);
  if (running !== undefined) return running;
  const record = await startProcess({
    profile,
    name,
    command: [process.execPath, program, String(port)],
    environment: { PATH: process.env.PATH ?? '' },
  });
  await untilReady(record, async () => (await fetch(`http://127.0.0.1:${port}/traces`)).ok);
  return record;
};
