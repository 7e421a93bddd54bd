import type { SloTier } from '../../../functions/manifest.ts';
import { poisson, type Random } from './random.ts';

export const dayMinutes = 1_440;
const hourOf = (minute: number): number => (minute % dayMinutes) / 60;
const dayOf = (minute: number): number => Math.floor(minute / dayMinutes) % 7;

/** The least traffic at which an outage is noticed in time: fewer failures look like chance. */
const leastPerMinute: Readonly<Record<SloTier, number>> = {
  critical: 1,
  default: 2,
  'non-critical': 0.5,
};

/** How many requests come in a minute. */
type Shape = (minute: number, tier: SloTier, random: Random) => number;

/** Every so many minutes one, as from a client that polls. */
const evenly = (minute: number, perMinute: number): number =>
  Math.floor((minute + 1) * perMinute) - Math.floor(minute * perMinute);

/** Six requests an hour: too few for a page in time, and for one failure to mean anything. */
export const rareTraffic = (minutes: number): Float64Array =>
  Float64Array.from({ length: minutes }, (_, minute) => evenly(minute, 0.1));

const month = 30 * dayMinutes;

export const trafficShapes = {
  'the least that counts': (minute, tier) => evenly(minute, leastPerMinute[tier]),
  steady: () => 60,
  busy: () => 6_000,
  'chance arrivals': (_minute, _tier, random) => poisson(random, 12),
  'day and night': (minute, _tier, random) =>
    poisson(random, 600 + 550 * Math.sin((2 * Math.PI * minute) / dayMinutes)),
  'office hours': (minute, _tier, random) =>
    hourOf(minute) >= 9 && hourOf(minute) < 17 && dayOf(minute) < 5 ? poisson(random, 300) : 0,
  'quiet weekends': (minute, _tier, random) => poisson(random, dayOf(minute) < 5 ? 200 : 8),
  'a burst every quarter of an hour': (minute) => (minute % 15 === 0 ? 100 : 0),
  'on and off': (minute) => (minute % 20 < 10 ? 120 : 0),
  'a crowd once a day': (minute, _tier, random) =>
    poisson(random, hourOf(minute) >= 12 && hourOf(minute) < 12.34 ? 2_000 : 50),
  'a nightly batch': (minute, _tier, random) =>
    poisson(random, hourOf(minute) >= 2 && hourOf(minute) < 3 ? 5_000 : 10),
  growth: (minute, _tier, random) => poisson(random, 10 + (990 * (minute % month)) / month),
  decline: (minute, _tier, random) => poisson(random, 1_000 - (990 * (minute % month)) / month),
  'heavy tail': (_minute, _tier, random) =>
    poisson(random, 30 * Math.exp(1.2 * random.normal()) + 8),
} as const satisfies Readonly<Record<string, Shape>>;

export type ShapeName = keyof typeof trafficShapes;
export const shapeNames = Object.keys(trafficShapes) as ShapeName[];

/** Requests by the minute. */
export const trafficOf = (
  name: ShapeName,
  tier: SloTier,
  minutes: number,
  random: Random,
): Float64Array => {
  const shape: Shape = trafficShapes[name];
  return Float64Array.from({ length: minutes }, (_, minute) => shape(minute, tier, random));
};
