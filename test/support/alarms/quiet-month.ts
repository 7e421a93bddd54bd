import type { Objective } from '../../../lib/slo/objectives.ts';
import { endpointMetrics } from './endpoint-metrics.ts';
import { binomial, randomFrom } from './random.ts';
import { simulateAlarms, type TemplateJson } from './simulated-alarms.ts';
import { dayMinutes, type ShapeName, trafficOf } from './traffic-shapes.ts';

const days = 30;

/**
 * How often somebody is woken up in thirty days in which nothing happens, but that chance spends such a
 * share of the error budget.
 */
export const falsePages = (options: {
  readonly template: TemplateJson;
  readonly objective: Objective;
  readonly shape: ShapeName;
  readonly spent: number;
  readonly seed: number;
}): number => {
  const { template, objective, shape, spent, seed } = options;
  const { name, tier, budget } = objective;
  const random = randomFrom(seed);
  const requests = trafficOf(shape, tier, days * dayMinutes, random);
  const failures = requests.map((count) => binomial(random, count, budget * spent));
  const alarms = simulateAlarms(
    template,
    endpointMetrics('prod', name, { requests, failures, mode: 'faults' }),
  );
  let pages = 0;
  let ringing = false;
  for (let minute = 1; minute <= requests.length; minute += 1) {
    const rings = alarms.rings(`atlas-prod-${name}-page`, minute);
    if (rings && !ringing) pages += 1;
    ringing = rings;
  }
  return pages;
};
