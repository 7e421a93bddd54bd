import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestServices } from '../test/support/services.ts';
import { interruption } from './interruption.ts';
import { atlasFolder, profileFolder } from './paths.ts';
import { startPlatform, stopPlatform } from './platform.ts';
import { freePorts } from './ports.ts';

const prefix = 'test-';
/** Of a process that was told to end, as shells count. */
const interruptedCode = 130;
/** What a command may take to end once it is told to. */
const patienceMs = 5_000;

/**
 * Runs a command beside parts of its own, on free ports, and answers with its exit code. Whatever
 * happens the command ends with this process, the parts are stopped and their data deleted; what a killed run left
 * behind, too.
 */
export const withServices = async (
  command: readonly string[],
  deploy: boolean,
): Promise<number> => {
  await sweep();
  const profile = `${prefix}${process.pid}`;
  const outputsFile = join(profileFolder(profile), 'outputs.json');
  const signal = interruption();
  try {
    const ports = await freePorts();
    const { parts, secrets } = await startPlatform({
      profile,
      ports,
      deploy,
      forTests: true,
      outputsFile,
      awsEndpoint: process.env.ATLAS_AWS_ENDPOINT,
      signal,
    });
    const { endpoints } = parts;
    const adminUrl = (host: string, port: number) =>
      `postgres://postgres:${secrets.postgres}@${host}:${port}/postgres`;
    const services: TestServices = {
      profile,
      postgresAdminUrls: endpoints.shards.map(({ host, port }) => adminUrl(host, port)),
      standbyAdminUrl: adminUrl('127.0.0.1', ports.standby0),
      passwords: secrets.passwords,
      kafkaBrokers: endpoints.kafkaBrokers.split(','),
      valkeyUrl: endpoints.valkeyUrl,
      awsEndpoint: endpoints.awsEndpoint,
    };
    return await run(command, signal, {
      ATLAS_TEST_SERVICES: JSON.stringify(services),
      ...(deploy ? { ATLAS_E2E_OUTPUTS: outputsFile } : {}),
    });
  } catch (error) {
    if (signal.aborted) return interruptedCode;
    throw error;
  } finally {
    await remove(profile);
  }
};

const remove = async (profile: string): Promise<void> => {
  await stopPlatform(profile);
  await rm(profileFolder(profile), { recursive: true, force: true });
};

/** Runs whose process is gone: their parts may still run. */
const sweep = async (): Promise<void> => {
  if (!existsSync(atlasFolder)) return;
  for (const folder of readdirSync(atlasFolder)) {
    const pid = folder.startsWith(prefix) ? Number(folder.slice(prefix.length)) : Number.NaN;
    if (Number.isInteger(pid) && !isRunning(pid)) await remove(folder);
  }
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const run = (
  command: readonly string[],
  signal: AbortSignal,
  environment: Record<string, string>,
): Promise<number> =>
  new Promise((resolve, reject) => {
    const [program = '', ...options] = command;
    // A group of its own, so that what the command starts ends with it.
    const child = spawn(program, options, {
      stdio: 'inherit',
      detached: true,
      env: { ...process.env, ...environment },
    });
    const tell = (how: NodeJS.Signals) => {
      if (child.pid !== undefined) process.kill(-child.pid, how);
    };
    let patience: NodeJS.Timeout | undefined;
    const end = () => {
      tell('SIGTERM');
      patience = setTimeout(tell, patienceMs, 'SIGKILL');
    };
    signal.addEventListener('abort', end);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(patience);
      signal.removeEventListener('abort', end);
      resolve(signal.aborted ? interruptedCode : (code ?? 1));
    });
  });
