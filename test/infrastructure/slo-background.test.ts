import { describe, expect, it } from 'vitest';
import { consumers } from '../../functions/manifest.ts';
import { backgroundMetrics } from '../support/alarms/background-metrics.ts';
import { objectiveNamed, templateFor } from '../support/alarms/service-level-stage.ts';
import { simulateAlarms } from '../support/alarms/simulated-alarms.ts';

const length = 600;
const noon = 300;

/** In which minutes after noon somebody is told, counted from there. */
const told = (
  name: string,
  severity: 'page' | 'ticket',
  counts: Readonly<Record<string, (minute: number) => number>>,
): readonly number[] => {
  const objective = objectiveNamed(name);
  const streams = backgroundMetrics(objective, length, counts);
  const alarms = simulateAlarms(templateFor(objective), streams);
  return Array.from({ length: length - noon }, (_, minute) => minute + 1).filter((minute) =>
    alarms.rings(`atlas-prod-${name}-${severity}`, noon + minute),
  );
};

const always = (count: number) => () => count;
const fromNoon = (count: number) => (minute: number) => (minute >= noon ? count : 0);
const untilNoon = (count: number) => (minute: number) => (minute < noon ? count : 0);
const atNoon = (count: number) => (minute: number) => (minute === noon ? count : 0);

describe('the alarms of what runs behind the API', () => {
  it('page two minutes after the relay began to crash', () => {
    const counts = { invocations: always(1), crashes: fromNoon(1) };
    expect(told('publish-outbox', 'page', counts)[0]).toBe(2);
  });

  it('tell nobody of one run of the relay that crashed', () => {
    const counts = { invocations: always(1), crashes: atNoon(1) };
    expect(told('publish-outbox', 'page', counts)).toEqual([]);
    expect(told('publish-outbox', 'ticket', counts)).toEqual([]);
  });

  it.each(consumers)('tell nobody of one record that $name gives up', ({ name, maxAttempts }) => {
    const counts = { applied: always(1), failed: atNoon(maxAttempts) };
    expect(told(name, 'page', counts)).toEqual([]);
    expect(told(name, 'ticket', counts)).toEqual([]);
  });

  it.each(consumers)('page when all records of $name fail', ({ name }) => {
    const counts = { applied: untilNoon(60), failed: fromNoon(60) };
    expect(told(name, 'page', counts)[0]).toBe(1);
  });

  it('page when the function behind a queue dies, so that it counts nothing', () => {
    const counts = { handled: untilNoon(60), crashes: fromNoon(20) };
    expect(told('post-intake', 'page', counts)[0]).toBeLessThanOrEqual(2);
  });
});
