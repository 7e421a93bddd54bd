import { describe, expect, it } from 'vitest';
import type { SloTier } from '../../functions/manifest.ts';
import { endpointMetrics, failureModes } from '../support/alarms/endpoint-metrics.ts';
import { alarmMutants } from '../support/alarms/mutate-alarms.ts';
import { type Noticed, noticeOutage } from '../support/alarms/outage.ts';
import { falsePages } from '../support/alarms/quiet-month.ts';
import { randomFrom } from '../support/alarms/random.ts';
import { simulated, templateFor, tiers } from '../support/alarms/service-level-stage.ts';
import { simulateAlarms, type TemplateJson } from '../support/alarms/simulated-alarms.ts';
import {
  dayMinutes,
  rareTraffic,
  type ShapeName,
  shapeNames,
  trafficOf,
} from '../support/alarms/traffic-shapes.ts';

const deadlineMinutes: Readonly<Record<SloTier, number>> = {
  critical: 2,
  default: 2,
  'non-critical': 10,
};

/** Nobody can tell an outage from chance before so many have failed. */
const tellableFailures: Readonly<Record<SloTier, number>> = {
  critical: 2,
  default: 3,
  'non-critical': 4,
};

const inTime = (tier: SloTier, { afterMinutes, tellableAfterMinutes }: Noticed): boolean =>
  afterMinutes <= Math.max(deadlineMinutes[tier], tellableAfterMinutes);

const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

const outagesOf = (tier: SloTier, shape: ShapeName, template: TemplateJson): readonly Noticed[] =>
  failureModes.flatMap((mode) =>
    seeds.map((seed) =>
      noticeOutage({
        template,
        objective: simulated[tier],
        shape,
        mode,
        seed,
        tellableFailures: tellableFailures[tier],
      }),
    ),
  );

/** At which of the minutes an alarm of the tier's endpoint rings. */
const ringing = (
  tier: SloTier,
  options: {
    readonly template: TemplateJson;
    readonly severity: 'page' | 'ticket';
    readonly requests: Float64Array;
    readonly failures: Float64Array;
    readonly mode?: (typeof failureModes)[number];
    readonly latencyMs?: (minute: number) => number;
  },
): readonly number[] => {
  const { template, severity, mode = 'faults', ...traffic } = options;
  const { name } = simulated[tier];
  const alarms = simulateAlarms(template, endpointMetrics('prod', name, { mode, ...traffic }));
  return [...traffic.requests.keys()]
    .map((minute) => minute + 1)
    .filter((minute) => alarms.rings(`atlas-prod-${name}-${severity}`, minute));
};

/** One request fails, in a minute of the second day that has one. */
const oneFailure = (tier: SloTier, shape: ShapeName | 'rare') => {
  const random = randomFrom(7);
  const length = 2 * dayMinutes;
  const requests = shape === 'rare' ? rareTraffic(length) : trafficOf(shape, tier, length, random);
  const after = dayMinutes + Math.floor((random.uniform() * dayMinutes) / 2);
  const at = requests.findIndex((count, minute) => minute >= after && count > 0);
  return { requests, failures: requests.map((_, minute) => (minute === at ? 1 : 0)) };
};

/** Everything fails from noon of the second day on, for so long. */
const repaired = (tier: SloTier, outageMinutes: number) => {
  const requests = trafficOf('steady', tier, 3 * dayMinutes, randomFrom(1));
  const from = 1.5 * dayMinutes;
  const until = from + outageMinutes;
  const failures = requests.map((count, minute) => (minute >= from && minute < until ? count : 0));
  return { requests, failures, until };
};

/** A minute in which just enough fails for the short window, and far too little for the long one. */
const blip = (tier: SloTier) => {
  const requests = trafficOf('busy', tier, 2 * dayMinutes, randomFrom(1));
  const { budget } = simulated[tier];
  const at = 1.5 * dayMinutes;
  const failures = requests.map((count, minute) =>
    minute === at ? Math.ceil(5 * count * budget * 20) : 0,
  );
  return { requests, failures };
};

describe.each(tiers)('the alarms of the tier %s', (tier) => {
  const template = templateFor(simulated[tier]);

  it.each(shapeNames)('page in time for an outage in the traffic: %s', (shape) => {
    for (const noticed of outagesOf(tier, shape, template)) {
      expect(noticed).toSatisfy((one: Noticed) => inTime(tier, one));
    }
  });

  it.each([...shapeNames, 'rare' as const])(
    'tell nobody of one single failure in the traffic: %s',
    (shape) => {
      for (const mode of failureModes) {
        for (const severity of ['page', 'ticket'] as const) {
          const told = ringing(tier, { template, severity, mode, ...oneFailure(tier, shape) });
          expect(told).toEqual([]);
        }
      }
    },
  );

  it('page for an outage of what is rarely asked for, after the sixth failure', () => {
    const requests = rareTraffic(2 * dayMinutes);
    const failures = requests.map((count, minute) => (minute >= dayMinutes ? count : 0));
    const [first = Number.NaN] = ringing(tier, { template, severity: 'page', requests, failures });
    expect(first - dayMinutes).toBeLessThanOrEqual(60);
  });

  it('wake nobody up for a blip', () => {
    expect(ringing(tier, { template, severity: 'page', ...blip(tier) })).toEqual([]);
  });

  it('fall silent within half an hour of the repair', () => {
    for (const outageMinutes of [20, 120]) {
      const { until, ...traffic } = repaired(tier, outageMinutes);
      const told = ringing(tier, { template, severity: 'page', ...traffic });
      expect(told.length).toBeGreaterThan(outageMinutes / 2);
      expect(Math.max(...told)).toBeLessThanOrEqual(until + 30);
    }
  });

  it('write a ticket when the budget is spent twice as fast as it may be, and wake nobody up', () => {
    const { budget } = simulated[tier];
    const requests = trafficOf('busy', tier, 5 * dayMinutes, randomFrom(1));
    const failures = requests.map((count) => count * budget * 2);
    expect(ringing(tier, { template, severity: 'page', requests, failures })).toEqual([]);
    expect(ringing(tier, { template, severity: 'ticket', requests, failures })).not.toEqual([]);
  });

  it('write a ticket for what stays slow, and not for a slow minute', () => {
    const { latencyMs } = simulated[tier];
    const requests = trafficOf('steady', tier, 0.25 * dayMinutes, randomFrom(1));
    const failures = new Float64Array(requests.length);
    const told = (slowMinutes: number) =>
      ringing(tier, {
        template,
        severity: 'ticket',
        requests,
        failures,
        latencyMs: (minute) =>
          minute >= 60 && minute < 60 + slowMinutes ? latencyMs.p95 + 1 : latencyMs.p50 / 2,
      });
    expect(told(1)).toEqual([]);
    expect(told(20).length).toBeGreaterThan(0);
  });

  it('page at most once in a hundred months in which chance spends half of the budget', () => {
    let pages = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const shape = shapeNames[seed % shapeNames.length] as ShapeName;
      pages += falsePages({ template, objective: simulated[tier], shape, spent: 0.5, seed });
    }
    expect(pages).toBeLessThanOrEqual(1);
  });
});

describe('the simulation notices', () => {
  const late = (mutant: keyof typeof alarmMutants, tier: SloTier, shape: ShapeName): number =>
    outagesOf(tier, shape, alarmMutants[mutant](templateFor(simulated[tier]))).filter(
      (one) => !inTime(tier, one),
    ).length;

  it.each(tiers)('pages that go on after the repair, without short windows: %s', (tier) => {
    const template = alarmMutants.withoutShortWindows(templateFor(simulated[tier]));
    const { until, ...traffic } = repaired(tier, 120);
    const told = ringing(tier, { template, severity: 'page', ...traffic });
    expect(Math.max(...told)).toBeGreaterThan(until + 30);
  });

  it.each(tiers)('pages for a blip, without long windows: %s', (tier) => {
    const template = alarmMutants.withoutLongWindows(templateFor(simulated[tier]));
    expect(ringing(tier, { template, severity: 'page', ...blip(tier) })).not.toEqual([]);
  });

  it.each(tiers)(
    'a page or a ticket for one failure, without the low-traffic guard: %s',
    (tier) => {
      const template = alarmMutants.withoutLowTrafficGuard(templateFor(simulated[tier]));
      const traffic = oneFailure(tier, 'rare');
      const told = (['page', 'ticket'] as const).flatMap((severity) =>
        ringing(tier, { template, severity, ...traffic }),
      );
      expect(told).not.toEqual([]);
    },
  );

  it.each(tiers)('outages that page too late, without the absolute count: %s', (tier) => {
    expect(late('withoutAbsoluteCount', tier, 'the least that counts')).toBeGreaterThan(0);
  });

  it.each(tiers)('crashes that are not counted: %s', (tier) => {
    expect(late('withoutCrashes', tier, 'steady')).toBeGreaterThan(0);
  });

  it.each(tiers)('a ratio that is compared with a percentage: %s', (tier) => {
    const { budget } = simulated[tier];
    const requests = trafficOf('busy', tier, dayMinutes, randomFrom(1));
    const failures = requests.map((count) => count * budget * 20);
    const told = (template: TemplateJson) =>
      ringing(tier, { template, severity: 'page', requests, failures }).length;
    expect(told(templateFor(simulated[tier]))).toBeGreaterThan(0);
    expect(told(alarmMutants.withPercentages(templateFor(simulated[tier])))).toBe(0);
  });
});
