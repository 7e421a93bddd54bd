import { median } from '../../statistics.ts';
import type { Scenario } from '../scenario.ts';

/** How much can be done, which the other scenarios are shares and multiples of. */
export const capacity: Scenario = {
  name: 'capacity',
  claim: 'C is what is served a second when more clients would only wait.',
  run: async (bench) => {
    const { capacity: found, steps } = await bench.capacity();
    return {
      thresholds: [],
      figures: [
        { name: 'C', value: found.perSecond, unit: ' /s' },
        { name: 'clients at the knee', value: found.clients, unit: '' },
        ...steps.map(({ clients, perSecond }) => ({
          name: `served with ${clients} clients`,
          value: median(perSecond),
          unit: ' /s' as const,
        })),
      ],
      runs: {},
    };
  },
};
