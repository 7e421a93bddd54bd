import type { Objective } from '../../../lib/slo/objectives.ts';
import { endpointMetrics, type FailureMode } from './endpoint-metrics.ts';
import { binomial, randomFrom } from './random.ts';
import { simulateAlarms, type TemplateJson } from './simulated-alarms.ts';
import { dayMinutes, type ShapeName, trafficOf } from './traffic-shapes.ts';

export interface Outage {
  readonly template: TemplateJson;
  readonly objective: Objective;
  readonly shape: ShapeName;
  readonly mode: FailureMode;
  readonly seed: number;
  /** How many have to fail before anybody can tell it from chance. */
  readonly tellableFailures: number;
}

export interface Noticed {
  /** From the start of the minute in which the first request failed to the page. */
  readonly afterMinutes: number;
  /** From there to the end of the minute in which enough had failed to call it an outage. */
  readonly tellableAfterMinutes: number;
}

const healthyDays = 3;
const outageDays = 2;

/**
 * Everything fails from some moment on, after three days in which a tenth of the error budget was
 * spent. Answers with when somebody was told, and when an outage could be told from chance.
 */
export const noticeOutage = (outage: Outage): Noticed => {
  const { template, objective, shape, mode, seed, tellableFailures } = outage;
  const { name, tier, budget } = objective;
  const random = randomFrom(seed);
  const length = (healthyDays + outageDays) * dayMinutes;
  const requests = trafficOf(shape, tier, length, random);
  const failures = requests.map((count) => binomial(random, count, budget / 10));
  const earliest = healthyDays * dayMinutes + Math.floor(random.uniform() * dayMinutes);
  const first = requests.findIndex((count, minute) => minute >= earliest && count > 0);
  for (let minute = first; minute < length; minute += 1) failures[minute] = requests[minute] ?? 0;
  let tellable = first;
  for (let seen = failures[first] ?? 0; seen < tellableFailures; seen += failures[tellable] ?? 0) {
    tellable += 1;
  }
  const alarms = simulateAlarms(
    template,
    endpointMetrics('prod', name, { requests, failures, mode }),
  );
  let page = first + 1;
  while (page < length && !alarms.rings(`atlas-prod-${name}-page`, page)) page += 1;
  return { afterMinutes: page - first, tellableAfterMinutes: tellable + 1 - first };
};
