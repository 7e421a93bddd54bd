import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tcpProxy } from '../../support/tcp-proxy.ts';
import { testSurroundings } from '../../support/test-api.ts';

const ledgerFile = join(import.meta.dirname, '../../../functions/services/ledger.ts');

/** Reads something, says so, and then waits as an execution environment does between invocations. */
const program = `
  const { ledger } = await import(${JSON.stringify(ledgerFile)});
  await ledger().readBalance('nobody', '01890000-0000-7000-8000-000000000000',
    { deadline: { atUnixMs: Date.now() + 10_000 } });
  console.log('ready');`;

/** How the protocol of Postgres takes leave. */
const terminate = Buffer.from([0x58, 0, 0, 0, 4]);

it.each(['SIGTERM', 'SIGKILL'] as const)(
  'an environment takes leave of the database when it is asked to end, and only then: %s',
  async (signal) => {
    const { database, environment } = await testSurroundings();
    const sent: Buffer[] = [];
    const [first] = database.api;
    if (first === undefined) throw new Error('there is no shard');
    const proxy = await tcpProxy(first, () => (chunk, from) => {
      if (from === 'client') sent.push(chunk);
      return chunk;
    });
    const shards = database.api.map(({ id, host, port, database: name, tls }) => ({
      ...{ id, host, port, database: name, tls },
      ...(id === first.id ? { host: '127.0.0.1', port: proxy.port } : {}),
    }));
    const own = { ATLAS_SHARDS: JSON.stringify(shards), AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9' };
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      env: { PATH: process.env.PATH, ...environment, ...own },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    expect(sent).not.toEqual([]);
    child.kill(signal);
    expect(await ended).toEqual(signal === 'SIGTERM' ? [0, null] : [null, signal]);
    const last = Buffer.concat(sent).subarray(-terminate.length);
    expect(last.equals(terminate)).toBe(signal === 'SIGTERM');
    await proxy.close();
    await database.drop();
  },
);
