import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { profileFolder } from '../../../localstack/paths.ts';
import { startPlatform, stopPlatform } from '../../../localstack/platform.ts';
import { demandFree, freePorts } from '../../../localstack/ports.ts';
import { recordsOf } from '../../../localstack/process-record.ts';

const profile = `test-failing-${process.pid}`;

afterEach(async () => {
  await stopPlatform(profile);
  rmSync(profileFolder(profile), { recursive: true, force: true });
});

describe('a platform of which one part cannot start', () => {
  it('says which and why, and leaves nothing running that was started beside it', async () => {
    const free = await freePorts();
    // A broker cannot be its own controller on one port: it fails while the others are starting.
    const ports = { ...free, kafkaController: free.kafka };

    const starting = startPlatform({
      profile,
      ports,
      deploy: false,
      outputsFile: join(profileFolder(profile), 'outputs.json'),
      signal: new AbortController().signal,
    });

    await expect(starting).rejects.toThrow(/kafka cannot make its log folder:.*same port/s);
    expect(readdirSync(join(profileFolder(profile), 'data'))).toContain('postgres-0');
    expect(recordsOf(profile)).toEqual([]);
    const named = ['postgres0', 'postgres1', 'standby0', 'valkey', 'aws'] as const;
    await expect(demandFree(ports, named)).resolves.toBeUndefined();
  });
});
