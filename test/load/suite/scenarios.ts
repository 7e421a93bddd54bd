import type { Scenario } from './scenario.ts';
import { amplification } from './scenarios/amplification.ts';
import { capacity } from './scenarios/capacity.ts';
import { isolation } from './scenarios/isolation.ts';
import { overload } from './scenarios/overload.ts';
import { refusals } from './scenarios/refusals.ts';
import { soak } from './scenarios/soak.ts';
import { spike } from './scenarios/spike.ts';
import { steady } from './scenarios/steady.ts';
import { toolkit } from './scenarios/toolkit.ts';

/** In the order in which they run: what everything is measured by first, the longest last. */
export const scenarios: readonly Scenario[] = [
  capacity,
  steady,
  overload,
  spike,
  isolation,
  amplification,
  toolkit,
  refusals,
  soak,
];
