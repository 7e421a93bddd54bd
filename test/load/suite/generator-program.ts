/**
 * The load generator, in a process of its own: sharing an event loop with the front it would send late
 * whenever the front is busy, which is when it matters. Its parent sends a run and gets the result.
 */
import { seededRandom } from '../../chaos/framework/seeded-random.ts';
import { lengthMs, poissonArrivals, type Stretch } from './arrivals.ts';
import { closedLoop } from './closed-loop.ts';
import { openConnection } from './connection.ts';
import { openLoop, systemClock } from './open-loop.ts';
import { Recorder, type RouteAnswer, type RunResult } from './recorder.ts';
import { type Mix, requestWriter, routeDrawer } from './routes.ts';

/** A run, and the processor time that the generator used for it. */
export interface GeneratedRun extends RunResult {
  readonly generatorCpuMs: number;
}

export interface RunOrder {
  readonly seed: number;
  readonly mix: Mix;
  /** Open: requests come at their times. Closed: from so many clients, for so long. */
  readonly load:
    | { readonly kind: 'open'; readonly stretches: readonly Stretch[]; readonly patienceMs: number }
    | { readonly kind: 'closed'; readonly clients: number; readonly durationMs: number };
}

// One is enough for all, and takes one write and one read where several would take one each.
const connection = await openConnection(Number(process.env.LOAD_FRONT_PORT));

const run = async ({ seed, mix, load }: RunOrder): Promise<RunResult> => {
  const random = seededRandom(seed);
  const draw = routeDrawer(mix, random);
  const write = requestWriter(process.env.LOAD_TOKEN ?? '', random);
  const recorder = new Recorder();
  const send = async (): Promise<RouteAnswer> => {
    const route = draw();
    return { route, status: await connection.exchange((name) => write(route, name)) };
  };
  const note = recorder.note.bind(recorder);
  if (load.kind === 'closed') {
    const { clients, durationMs } = load;
    await closedLoop({ clients, durationMs, send, note, clock: systemClock });
    return recorder.result(durationMs, 0);
  }
  const { stretches, patienceMs } = load;
  const arrivals = poissonArrivals(stretches, seededRandom(seed + 1));
  const { lost } = await openLoop({ arrivals, send, note, patienceMs, clock: systemClock });
  return recorder.result(lengthMs(stretches), lost);
};

process.on('message', (order: RunOrder) => {
  const before = process.cpuUsage();
  run(order).then(
    (result) => {
      const { user, system } = process.cpuUsage(before);
      process.send?.({ ...result, generatorCpuMs: (user + system) / 1_000 });
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
