import type { Experiment } from '../framework/experiment.ts';
import { shiftedClock } from '../framework/shifted-clock.ts';
import type { World } from '../framework/world.ts';

/** The clock of the process that answers is five minutes ahead. */
export const clockAhead: Experiment<World> = {
  name: 'clock-ahead',
  hypothesis:
    'With a clock that is five minutes ahead nothing is lost, and no token is refused that is good.',
  blastRadius: 'group',
  runbook: undefined,
  // Requests that were under way when the clock jumped seem to have taken minutes; to one that was claiming its key
  // the store of keys seems not to answer.
  tells: ['deadline-exceeded', 'unknown-outcome', 'dependency-unavailable'],
  inCi: true,
  inject: shiftedClock(300_000),
};
