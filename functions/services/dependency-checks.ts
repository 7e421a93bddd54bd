import { connect } from 'node:net';
import { deadlineIn } from '@atlas/domain';
import { valkeyConfig } from '@atlas/runtime';
import { balanceView } from './balance-view.ts';
import { eventLog } from './event-log.ts';
import { ledger } from './ledger.ts';

export interface DependencyCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly latencyMs: number;
}

/** Asks every dependency at once, each within the time-out, and never throws. */
export const checkDependencies = async (timeoutMs: number): Promise<DependencyCheck[]> => {
  const { ATLAS_VALKEY_URL: valkey } = valkeyConfig();
  const shards = ledger()
    .check(timeoutMs)
    .then((all) => all.map(({ shard, ...rest }) => ({ name: `postgres-${shard}`, ...rest })));
  const others = await Promise.all([
    timed('kafka', timeoutMs, () => eventLog().check(timeoutMs)),
    timed('dynamodb', timeoutMs, async () => {
      await balanceView().read('', 'health', { deadline: deadlineIn(Date.now(), timeoutMs) });
      return true;
    }),
    ...(valkey === undefined ? [] : [timed('valkey', timeoutMs, () => pingValkey(valkey))]),
  ]);
  return [...(await shards), ...others];
};

const timed = async (
  name: string,
  timeoutMs: number,
  check: () => Promise<boolean>,
): Promise<DependencyCheck> => {
  const startedMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const ok = await Promise.race([check().catch(() => false), late]);
  clearTimeout(timer);
  return { name, ok, latencyMs: Math.round(performance.now() - startedMs) };
};

/** An inline PING (RESP); a client would be a dependency for one word. */
const pingValkey = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port || '6379'), hostname, () => socket.write('PING\r\n'));
    const finish = (ok: boolean) => {
      socket.destroy();
      resolve(ok);
    };
    socket.once('data', (data) => finish(data.toString().startsWith('+PONG')));
    socket.once('error', () => finish(false));
  });
