import { beforeAll, describe, expect, it } from 'vitest';
import { objectivesOf } from '../../lib/slo/objectives.ts';
import type { RuleFile } from '../../lib/slo/prometheus-rule-file.ts';
import { prometheusRules } from '../../lib/slo/prometheus-rules.ts';
import { readSlo } from '../../lib/slo/slo-file.ts';
import { slothFile } from '../../lib/slo/sloth.ts';
import { installPromtool } from '../../localstack/toolchain/install.ts';
import {
  checkRules,
  type ExpectedAlert,
  type ExpectedWorkAlert,
  type RuleTest,
  testRules,
} from '../support/promtool.ts';

const slo = readSlo();
const objectives = objectivesOf(slo);
const rules = prometheusRules(slo, objectives);

beforeAll(installPromtool);

const endpoint = 'post-transfer';
const labels = `{function="${endpoint}"}`;

const counters = (requests: string, failures: string) => ({
  [`atlas_requests_total${labels}`]: requests,
  [`atlas_failures_total${labels}`]: failures,
});

const alert = (
  name: 'AtlasOutage' | 'AtlasErrorBudgetBurn' | 'AtlasErrorBudgetSpent' | 'AtlasSlow',
  at: string,
  rings: boolean,
): ExpectedAlert => {
  const texts = {
    AtlasOutage: ['page', 'fails for half of its callers or more', 'function-errors'],
    AtlasErrorBudgetBurn: ['page', 'burns its error budget fast', 'error-budget-burn'],
    AtlasErrorBudgetSpent: ['ticket', 'spends its error budget too fast', 'error-budget-spent'],
    AtlasSlow: ['ticket', 'is slower than promised', 'function-slow'],
  } as const;
  const [severity, summary, runbook] = texts[name];
  return {
    alert: name,
    at,
    tier: 'critical',
    severity,
    functions: rings ? [endpoint] : [],
    summary,
    runbook: `docs/runbooks/${runbook}.md`,
  };
};

/** 70 minutes of 60 requests a minute; then everything fails. */
const outage: RuleTest = {
  name: 'an outage',
  series: counters('0+60x80', '0x70 60+60x9'),
  alerts: [
    alert('AtlasOutage', '70m', false),
    alert('AtlasOutage', '72m', true),
    alert('AtlasErrorBudgetBurn', '70m', false),
    alert('AtlasErrorBudgetBurn', '72m', true),
  ],
};

const oneFailure: RuleTest = {
  name: 'one failure among few requests',
  series: counters('0+1x80', '0x70 1x9'),
  alerts: [
    alert('AtlasOutage', '72m', false),
    alert('AtlasErrorBudgetBurn', '72m', false),
    alert('AtlasErrorBudgetSpent', '72m', false),
  ],
};

/** 40 times what may fail, within five minutes; within an hour, a tenth of what pages. */
const blip: RuleTest = {
  name: 'a blip',
  series: counters('0+6000x85', '0x70 120x14'),
  alerts: [
    alert('AtlasErrorBudgetBurn', '73m', false),
    alert('AtlasErrorBudgetBurn', '80m', false),
  ],
};

const repaired: RuleTest = {
  name: 'an outage that was repaired',
  series: counters('0+60x160', '0x70 60+60x20 1260x68'),
  alerts: [
    alert('AtlasErrorBudgetBurn', '90m', true),
    alert('AtlasErrorBudgetBurn', '130m', false),
  ],
};

const slowBurn: RuleTest = {
  name: 'twice as fast as it may be',
  series: counters('0+60000x180', '0+12x180'),
  alerts: [alert('AtlasErrorBudgetBurn', '3h', false), alert('AtlasErrorBudgetSpent', '3h', true)],
};

const slow: RuleTest = {
  name: 'half of the answers take 400 ms',
  series: {
    [`atlas_duration_milliseconds_count${labels}`]: '0+60x60',
    [`atlas_duration_milliseconds_bucket{function="${endpoint}",le="100"}`]: '0+20x60',
    [`atlas_duration_milliseconds_bucket{function="${endpoint}",le="1000"}`]: '0+60x60',
    [`atlas_duration_milliseconds_bucket{function="${endpoint}",le="+Inf"}`]: '0+60x60',
  },
  alerts: [alert('AtlasSlow', '10m', false), alert('AtlasSlow', '30m', true)],
};

const workAlert = (
  alert: string,
  [id, by]: readonly [id: string, by: string],
  at: string,
  ...labels: readonly Readonly<Record<string, string>>[]
): ExpectedWorkAlert => ({
  ...{ at, alert, labels },
  summary: `${id}, by what ${by} tells`,
  runbook: `docs/runbooks/${id}.md`,
});
const late = ['consumer-late', 'measure-outbox'] as const;
const parked = ['outbox-parked', 'measure-outbox'] as const;
const dead = ['webhooks-dead', 'deliver-webhooks'] as const;
const group = { group: 'project-balances', topic: 'ledger.account.v1' };
const otherGroup = { ...group, group: 'evaluate-monitors' };
const ofGroup = ({ group: name, topic }: typeof group) =>
  `atlas_consumer_lag_records{group="${name}",topic="${topic}"}`;

/** The job runs each minute until the twentieth; then nothing is told any more. */
const work: RuleTest = {
  name: 'what waits, what is given up, and silence',
  series: {
    'atlas_requests_total{function="measure-outbox"}': '0+1x20 20x20',
    'atlas_requests_total{function="deliver-webhooks"}': '0+1x40',
    'atlas_outbox_parked{shard="0"}': '0x9 1x10 _x20',
    'atlas_outbox_parked{shard="1"}': '0x19 _x20',
    [ofGroup(group)]: '5x9 10001x10 _x20',
    [ofGroup(otherGroup)]: '10000x19 _x20',
    'atlas_webhooks_dead_total{function="deliver-webhooks"}': '3x10 4x29',
  },
  alerts: [],
  work: [
    workAlert('AtlasConsumerLate', late, '8m'),
    workAlert('AtlasConsumerLate', late, '12m', group),
    workAlert('AtlasConsumerLate', late, '38m'),
    workAlert('AtlasOutboxParked', parked, '8m'),
    workAlert('AtlasOutboxParked', parked, '12m', {}),
    workAlert('AtlasOutboxParked', parked, '38m', { function: 'measure-outbox' }),
    workAlert('AtlasWebhooksDead', dead, '10m'),
    workAlert('AtlasWebhooksDead', dead, '13m', { function: 'deliver-webhooks' }),
    workAlert('AtlasWebhooksDead', dead, '30m'),
  ],
};

const tests = [outage, oneFailure, blip, repaired, slowBurn, slow, work];

/** The rules with every expression rewritten. */
const mutated = (rewrite: (expr: string) => string): RuleFile => ({
  groups: rules.groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) =>
      'alert' in rule ? { ...rule, expr: rewrite(rule.expr) } : rule,
    ),
  })),
});

describe('the rules for Prometheus', () => {
  it('pass promtool check rules', () => {
    expect(checkRules(rules)).toMatchObject({ passed: true });
  });

  it.each(tests)('ring as the alarms do: $name', (one) => {
    expect(testRules(rules, [one])).toMatchObject({ passed: true });
  });

  it('cover every function of the manifest, with the objective of its tier', () => {
    const alerts = rules.groups.flatMap((group) =>
      group.rules.flatMap((rule) => ('alert' in rule ? [rule] : [])),
    );
    for (const { name, tier, budget } of objectives) {
      const own = alerts.filter(
        (rule) => rule.labels.tier === tier && new RegExp(`["|]${name}["|]`).test(rule.expr),
      );
      expect(own.map((rule) => rule.alert)).toEqual([
        'AtlasOutage',
        'AtlasErrorBudgetBurn',
        'AtlasErrorBudgetSpent',
        'AtlasSlow',
      ]);
      expect(own[1]?.expr).toContain(`> 14.4 * ${budget}`);
    }
  });
});

describe('promtool notices', () => {
  it('rules without the low-traffic guard', () => {
    const naive = mutated((expr) => expr.replaceAll(/ and atlas:failures:increase\w+ >= \d+/g, ''));
    expect(testRules(naive, [oneFailure])).toMatchObject({ passed: false });
  });

  it('rules without the long windows', () => {
    const naive = mutated((expr) =>
      expr.replaceAll(
        / and atlas:failure_ratio:increase(?:1h|6h)\{[^}]*\} > [\d.]+ \* [\d.]+/g,
        '',
      ),
    );
    expect(testRules(naive, [blip])).toMatchObject({ passed: false });
  });

  it('rules without the short windows', () => {
    const naive = mutated((expr) =>
      expr
        .replaceAll(/increase(?:5m|30m)(\{[^}]*\}) > [\d.]+ \* [\d.]+/g, 'increase1h$1 >= 0')
        .replaceAll(/failures:increase(?:5m|30m) >= \d+/g, 'failures:increase1h >= 0'),
    );
    expect(testRules(naive, [repaired])).toMatchObject({ passed: false });
  });

  it('rules without a word about silence', () => {
    const naive = mutated((expr) => expr.replaceAll(/\nor\n\(increase.*== 0\)/g, ''));
    expect(testRules(naive, [work])).toMatchObject({ passed: false });
  });

  it('an alert that is defined twice', () => {
    const [records, alerts] = rules.groups;
    if (records === undefined || alerts === undefined) throw new Error('there are two groups');
    const twice = { groups: [records, { ...alerts, rules: [...alerts.rules, ...alerts.rules] }] };
    expect(checkRules(twice)).toMatchObject({ passed: false });
  });
});

describe('the file for Sloth', () => {
  it('has an objective for every function, whose queries take the window from Sloth', () => {
    const { slos } = slothFile(slo, objectives);
    expect(slos.map(({ name }) => name)).toEqual(objectives.map(({ name }) => name));
    for (const { name, sli } of slos) {
      for (const query of Object.values(sli.events)) {
        expect(query).toContain(`{function="${name}"}[{{.window}}]`);
      }
    }
  });
});
