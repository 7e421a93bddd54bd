import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endpoints, services } from '../../functions/manifest.ts';
import { objectives, prod, simulated, slo } from '../support/alarms/service-level-stage.ts';
import { resourcesOf, synthesiseStage } from '../support/templates.ts';

const root = join(import.meta.dirname, '..', '..');
const dev = synthesiseStage('dev');
const resources = (stage: typeof prod, type: string) =>
  [...stage.templates.values()].flatMap((template) => resourcesOf(template, type));
const metricAlarms = resources(prod, 'AWS::CloudWatch::Alarm');
const composites = resources(prod, 'AWS::CloudWatch::CompositeAlarm');

const windows = (severity: 'page' | 'ticket') =>
  slo.burnRates[severity].flatMap(({ long, short }) => [short, long]);
const alarmsOf = (name: string) => [
  ...['outage', 'slow', 'page', 'ticket'].map((id) => `atlas-prod-${name}-${id}`),
  ...windows('page').map((window) => `atlas-prod-${name}-page-${window}`),
  ...windows('ticket').map((window) => `atlas-prod-${name}-ticket-${window}`),
];

describe('service levels', () => {
  it('have objectives and alarms for every endpoint, consumer, relay and job', () => {
    expect(objectives).toHaveLength(services.length);
    expect(new Set(objectives.map(({ name }) => name))).toEqual(
      new Set(services.map(({ name }) => name)),
    );
    const all = [...metricAlarms, ...composites].map(({ Properties }) => Properties.AlarmName);
    for (const { name } of services) {
      for (const alarm of alarmsOf(name)) expect(all).toContain(alarm);
    }
  });

  it('are the same for all endpoints of a tier, but for how long answers may take', () => {
    const shapeOf = (name: string): string => {
      const own = [...metricAlarms, ...composites].filter(
        ({ Properties }) =>
          alarmsOf(name).includes(Properties.AlarmName) &&
          !Properties.AlarmName.endsWith(`${name}-slow`),
      );
      expect(own).toHaveLength(11);
      const logicalId = new RegExp(`"${name.replaceAll('-', '')}`, 'g');
      return JSON.stringify(own)
        .replaceAll(name, 'one')
        .replaceAll(logicalId, '"one')
        .replaceAll(/[0-9A-F]{8}"/g, '"');
    };
    for (const { name, slo: tier } of endpoints) {
      expect(shapeOf(name)).toBe(shapeOf(simulated[tier].name));
    }
  });

  it('leave the burn rates of a tier out where the stage does not pay for them, not the outages', () => {
    const names = resources(dev, 'AWS::CloudWatch::Alarm').map(
      ({ Properties }) => Properties.AlarmName,
    );
    expect(names).toContain('atlas-dev-post-transfer-page-1h');
    expect(names).not.toContain('atlas-dev-list-transfers-page-1h');
    for (const { name } of services) expect(names).toContain(`atlas-dev-${name}-outage`);
  });

  it('stand in Application Signals, with the windows of the alarms', () => {
    const levels = resources(prod, 'AWS::ApplicationSignals::ServiceLevelObjective');
    expect(levels).toHaveLength(services.length);
    for (const { Properties } of levels) expect(Properties.BurnRateConfigurations).toHaveLength(7);
    expect(resources(dev, 'AWS::ApplicationSignals::ServiceLevelObjective')).toEqual([]);
  });
});

/** docs/adr/0025-service-levels.md has where each is from. */
const limits = { metrics: 10, expressions: 10, daySeconds: 86_400, weekSeconds: 604_800 };

describe('CloudWatch', () => {
  it('takes every alarm: metrics, expressions, one period, and how far back it looks', () => {
    for (const { Properties } of metricAlarms) {
      const { Metrics = [], EvaluationPeriods } = Properties;
      type One = { Id: string; Expression?: string; MetricStat?: { Period: number } };
      const stats = Metrics.filter((one: One) => one.MetricStat !== undefined);
      expect(stats.length).toBeLessThanOrEqual(limits.metrics);
      expect(Metrics.length - stats.length).toBeLessThanOrEqual(limits.expressions);
      const periods = new Set<number>(
        stats.length === 0 ? [Properties.Period] : stats.map((one: One) => one.MetricStat?.Period),
      );
      expect(periods.size).toBe(1);
      const [period = Number.NaN] = periods;
      const furthest = period < 3_600 ? limits.daySeconds : limits.weekSeconds;
      expect(period * EvaluationPeriods).toBeLessThanOrEqual(furthest);
    }
  });

  it('is given no stack of more resources than CloudFormation allows', () => {
    for (const template of prod.templates.values()) {
      expect(resourcesOf(template).length).toBeLessThanOrEqual(500);
    }
  });
});

const runbookOf = ({ AlarmDescription }: { AlarmDescription: string }): string =>
  /^Runbook: (docs\/runbooks\/[\w-]+\.md)$/.exec(AlarmDescription)?.[1] ?? '';

describe('alarms', () => {
  const all = [...metricAlarms, ...composites];

  it('reach somebody, by themselves or through a composite that names them', () => {
    const rules = JSON.stringify(composites.map(({ Properties }) => Properties.AlarmRule));
    const ids = new Map(
      [...prod.templates.values()].flatMap((template) =>
        Object.entries(template.toJSON().Resources).map(
          // biome-ignore lint/suspicious/noExplicitAny: a resource of a template
          ([id, one]: [string, any]) => [one.Properties?.AlarmName, id] as const,
        ),
      ),
    );
    expect(all.length).toBeGreaterThan(12 * services.length);
    for (const { Properties } of all) {
      const acts = (Properties.AlarmActions ?? []).length === 1;
      const named = rules.includes(`"${ids.get(Properties.AlarmName)}"`);
      expect(acts !== named).toBe(true);
    }
  });

  it('of pages and tickets go different ways', () => {
    const wayOf = (ending: string) =>
      new Set(
        composites
          .filter(({ Properties }) => Properties.AlarmName.endsWith(ending))
          .map(
            ({ Properties }) => JSON.stringify(Properties.AlarmActions).match(/alarm|ticket/)?.[0],
          ),
      );
    expect(wayOf('-page')).toEqual(new Set(['alarm']));
    expect(wayOf('-ticket')).toEqual(new Set(['ticket']));
  });

  it('name a runbook that exists, and no runbook of an alarm is without one', () => {
    const named = new Set(all.map(({ Properties }) => runbookOf(Properties)));
    for (const page of named) expect(existsSync(join(root, page)) ? page : 'missing').toBe(page);
    const folder = join('docs', 'runbooks');
    const pages = readdirSync(join(root, folder)).filter((file) =>
      /^\*\*Trigger\.\*\* The (?:composite )?alarms? /m.test(
        readFileSync(join(root, folder, file), 'utf8'),
      ),
    );
    expect(new Set(pages.map((file) => `docs/runbooks/${file}`))).toEqual(named);
  });
});
