import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { profileFolder, pythonBin } from '../paths.ts';
import { type ProcessRecord, recordOf, startProcess, untilReady } from '../process-record.ts';

/** Starts the AWS emulator, with functions as local processes. Its state survives a clean stop. */
export const startMinistack = async (profile: string, port: number): Promise<ProcessRecord> => {
  const running = recordOf(profile, 'aws');
  if (running !== undefined) return running;
  const folder = join(profileFolder(profile), 'data', 'aws');
  const scratch = join(folder, 'tmp');
  await mkdir(scratch, { recursive: true });
  // Workers are CommonJS files; without this they would take the type of the project around them.
  await writeFile(join(scratch, 'package.json'), '{}\n');
  const record = await startProcess({
    profile,
    name: 'aws',
    command: [join(pythonBin, 'ministack')],
    // Workers inherit the environment and use the first node of PATH, so it is a clean one.
    environment: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
      HOME: folder,
      TMPDIR: scratch,
      STATE_DIR: join(folder, 'state'),
      PERSIST_STATE: '1',
      S3_PERSIST: '1',
      S3_DATA_DIR: join(folder, 's3'),
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      LAMBDA_EXECUTOR: 'local',
      // It would listen on all interfaces.
      IOT_MTLS_ENABLED: '0',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
    },
  });
  await untilReady(record, async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/_ministack/health`);
    return answer.ok;
  });
  return record;
};
