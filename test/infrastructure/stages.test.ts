import { App, Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { parseStage, readStage } from '../../lib/stage.ts';

describe('a stage', () => {
  const complete = {
    onAws: true,
    code: 'published',
    logRetentionDays: 90,
    anchorLock: { mode: 'compliance', days: 2_557 },
    quota: { perSecond: 10, burst: 20 },
    tracing: { adapter: 'none' },
    deletionProtection: true,
    tenants: ['acme'],
    capacity: { minAcu: 1, maxAcu: 8 },
    natGateways: 2,
    alarmEmail: 'somebody@example.com',
    burnRateAlarms: ['critical'],
  };

  it('is read when it is complete', () => {
    expect(parseStage('prod', complete)).toMatchObject({ name: 'prod', natGateways: 2 });
  });

  it.each([
    'tenants',
    'capacity',
    'natGateways',
    'logRetentionDays',
    'anchorLock',
    'tracing',
    'burnRateAlarms',
  ])('that lacks %s fails with that name', (missing) => {
    const { [missing as keyof typeof complete]: _, ...rest } = complete;
    expect(() => parseStage('prod', rest)).toThrow(missing);
  });

  it('that is protected and tells nobody of alarms fails with the name of the setting', () => {
    const { alarmEmail: _, ...rest } = complete;
    expect(() => parseStage('prod', rest)).toThrow('alarmEmail');
  });

  it('has no room for a collector beside layers of its own', () => {
    const tracing = { adapter: 'opentelemetry', share: 1 };
    expect(() => parseStage('prod', { ...complete, tracing })).toThrow('tracing.collector');
    const collector = 'http://collector.internal:4318';
    const elsewhere = { ...complete, tracing: { ...tracing, collector } };
    expect(parseStage('prod', elsewhere)).toMatchObject({ tracing: { collector } });
  });

  it.each([
    { adapter: 'zipkin' },
    { adapter: 'opentelemetry', share: 1.5 },
    { adapter: 'xray', share: 1, collector: 'http://collector.internal:4318' },
  ])('with a tracer that cannot be fails: %j', (tracing) => {
    expect(() => parseStage('prod', { ...complete, tracing })).toThrow('tracing');
  });

  it('with a setting that does not exist fails, so that a typo is found', () => {
    expect(() => parseStage('prod', { ...complete, natGatways: 3 })).toThrow('natGatways');
  });

  it('that was never written is named', () => {
    expect(() => readStage('staging')).toThrow('lib/stages/staging.json');
  });
});

describe('cdk-nag', () => {
  it('fails the synthesis of a planted finding that nobody acknowledged', () => {
    const app = new App();
    new Bucket(new Stack(app, 'planted'), 'Open');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).toThrow('AwsSolutions-S1');
  });
});
