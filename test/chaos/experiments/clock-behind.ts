import type { Experiment } from '../framework/experiment.ts';
import { shiftedClock } from '../framework/shifted-clock.ts';
import type { World } from '../framework/world.ts';

/** The clock of the process that answers is five minutes behind. */
export const clockBehind: Experiment<World> = {
  name: 'clock-behind',
  hypothesis:
    'With a clock that is five minutes behind nothing is lost, and no token is refused that is good.',
  blastRadius: 'group',
  runbook: undefined,
  // Requests that are under way when the clock is put right seem to have taken minutes, as in clock-ahead.
  tells: ['deadline-exceeded', 'unknown-outcome', 'dependency-unavailable'],
  inject: shiftedClock(-300_000),
};
