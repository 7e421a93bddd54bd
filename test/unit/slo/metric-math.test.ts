import { describe, expect, it } from 'vitest';
import { compileAlarmRule } from '../../support/alarms/alarm-rule.ts';
import { compileMetricMath } from '../../support/alarms/metric-math.ts';

const missing = Number.NaN;
const values: Readonly<Record<string, number>> = { a: 6, b: 3, none: 0, absent: missing };
const evaluate = (text: string): number =>
  compileMetricMath(text, (id) => () => values[id] ?? missing)();

describe('metric math', () => {
  it.each([
    ['a + b * 2', 12],
    ['(a + b) * 2', 18],
    ['a - b - 1', 2],
    ['a / b / 2', 1],
    ['a > b AND b >= 3', 1],
    ['a < b OR none', 0],
    ['IF(a >= 6, b, 0)', 3],
    ['IF(none, b, 7.5)', 7.5],
    ['FILL(absent, 0) + a', 6],
    ['MAX([a, b, absent])', 6],
  ])('has %s for %d', (text, value) => {
    expect(evaluate(text)).toBe(value);
  });

  it.each(['absent + 1', 'a / none', 'absent > 1', 'IF(absent, 1, 2)', 'MAX([absent])'])(
    'has no data point for %s',
    (text) => {
      expect(evaluate(text)).toBeNaN();
    },
  );

  it.each([
    ['SEARCH(a)', 'the function SEARCH'],
    ['a +', 'ends too early'],
    ['a b', 'goes on after its end'],
    ['IF(a, b)', 'IF takes three arguments'],
    ['a ^ b', 'not understood'],
    ['Sum', 'has Sum as an id'],
  ])('refuses %s', (text, reason) => {
    expect(() => evaluate(text)).toThrow(reason);
  });
});

describe('the rule of a composite alarm', () => {
  const ringing = new Set(['x', 'y']);
  const rings = (text: string) => compileAlarmRule(text)((name) => ringing.has(name));

  it.each([
    ['ALARM("x")', true],
    ['ALARM("x") AND ALARM("z")', false],
    ['(ALARM("x") AND ALARM("y")) OR ALARM("z")', true],
    ['ALARM("z") OR ALARM("x") AND ALARM("z")', false],
    ['NOT ALARM("z") AND ALARM("y")', true],
  ])('has %s as %s', (text, value) => {
    expect(rings(text)).toBe(value);
  });

  it.each([
    ['OK("x")', 'not understood'],
    ['ALARM("x") AND', 'ends too early'],
    ['(ALARM("x")', 'is not closed'],
    ['ALARM("x") ALARM("y")', 'goes on after its end'],
  ])('refuses %s', (text, reason) => {
    expect(() => rings(text)).toThrow(reason);
  });
});
