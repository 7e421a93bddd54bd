import { describe, expect, it } from 'vitest';
import { services } from '../../functions/manifest.ts';
import { parseStage, readStage } from '../../lib/stage.ts';
import { resourcesOf, synthesiseStage } from '../support/templates.ts';

const prod = synthesiseStage('prod');
const dev = synthesiseStage('dev');
const templateOf = (name: string) => {
  const template = prod.templates.get(name);
  if (template === undefined) throw new Error(`there is no stack ${name}`);
  return template;
};
const all = (name: string, type: string) => resourcesOf(templateOf(name), type);

describe('the aggregation of logs', () => {
  it('is there only where a stage wants it', () => {
    expect([...prod.templates.keys()]).toEqual(expect.arrayContaining(['search', 'logs']));
    expect([...dev.templates.keys()].filter((name) => /search|logs/.test(name))).toEqual([]);
  });

  it('subscribes to every function’s log group once, and never to its own', () => {
    const groups = all('logs', 'AWS::Logs::SubscriptionFilter').map(
      ({ Properties }) => Properties.LogGroupName,
    );
    expect(new Set(groups)).toEqual(
      new Set(services.map(({ name }) => `/aws/lambda/atlas-prod-${name}`)),
    );
    expect(groups).toHaveLength(services.length);
    expect(resourcesOf(templateOf('logs')).length).toBeLessThan(services.length + 60);
  });

  it('redacts before anything is delivered, and keeps what fails in a bucket that forgets', () => {
    const [stream] = all('logs', 'AWS::KinesisFirehose::DeliveryStream');
    const { AmazonopensearchserviceDestinationConfiguration: search, ...rest } =
      stream?.Properties ?? {};
    expect(rest.DeliveryStreamEncryptionConfigurationInput).toEqual({ KeyType: 'AWS_OWNED_CMK' });
    expect(search).toMatchObject({
      IndexName: 'atlas-logs',
      IndexRotationPeriod: 'OneDay',
      S3BackupMode: 'FailedDocumentsOnly',
      ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'Lambda' }] },
      S3Configuration: { ErrorOutputPrefix: 'failed/!{firehose:error-output-type}/' },
    });
    expect(search.VpcConfiguration.SecurityGroupIds).toHaveLength(1);
    const [bucket] = all('logs', 'AWS::S3::Bucket');
    const rules: { Prefix?: string; ExpirationInDays?: number }[] =
      bucket?.Properties.LifecycleConfiguration.Rules;
    const expiring = Object.fromEntries(
      rules.flatMap(({ Prefix, ExpirationInDays }) =>
        Prefix === undefined ? [] : [[Prefix, ExpirationInDays]],
      ),
    );
    expect(expiring).toEqual({ 'failed/': 14, 'all/': 90 });
    expect(bucket?.Properties.PublicAccessBlockConfiguration.BlockPublicPolicy).toBe(true);
  });

  it('keeps everything in the bucket, too, where a stage says so', () => {
    const { name, ...settings } = readStage('prod');
    const { logAggregation } = settings as { logAggregation: object };
    const wanted = { ...settings, logAggregation: { ...logAggregation, archive: 'everything' } };
    expect(() => parseStage(name, wanted)).toThrow('logAggregation.archive');
    const allowed = { ...settings, logAggregation: { ...logAggregation, archive: 'all' } };
    expect(parseStage(name, allowed)).toMatchObject({ logAggregation: { archiveDays: 90 } });
  });

  it('sets the domain up before the first document comes, and again when its files change', () => {
    const { Resources } = templateOf('logs').toJSON();
    const [id = ''] =
      Object.entries(Resources).find(
        ([, one]) => (one as { Type: string }).Type === 'AWS::CloudFormation::CustomResource',
      ) ?? [];
    const [stream] = Object.values(Resources).filter(
      (one) => (one as { Type: string }).Type === 'AWS::KinesisFirehose::DeliveryStream',
    ) as { DependsOn: string[] }[];
    expect(stream?.DependsOn).toContain(id);
    expect(Resources[id].Properties.fingerprint).toMatch(/^[\da-f]{16}$/);
  });

  it('lets its transformation put documents back, and nothing else', () => {
    const policy = all('logs', 'AWS::IAM::Policy').find(({ Properties }) =>
      String(Properties.PolicyName).startsWith('transformlogs'),
    );
    const actions: string[] = policy?.Properties.PolicyDocument.Statement.flatMap(
      ({ Action }: { Action: string | string[] }) => [Action].flat(),
    );
    const beyond = actions.filter((one) => !/^(?:logs|xray|dynamodb):/.test(one));
    expect(beyond).toEqual(['firehose:PutRecordBatch']);
  });
});

describe('the search domain', () => {
  const domain = all('search', 'AWS::OpenSearchService::Domain')[0]?.Properties;

  it('is encrypted everywhere, asks everybody to sign in, and stands in two zones of the network', () => {
    expect(domain).toMatchObject({
      EncryptionAtRestOptions: { Enabled: true },
      NodeToNodeEncryptionOptions: { Enabled: true },
      DomainEndpointOptions: { EnforceHTTPS: true },
      AdvancedSecurityOptions: { Enabled: true, InternalUserDatabaseEnabled: true },
      ClusterConfig: { InstanceCount: 2, ZoneAwarenessEnabled: true },
    });
    expect(domain.VPCOptions.SubnetIds).toHaveLength(2);
    const { MasterUserPassword } = domain.AdvancedSecurityOptions.MasterUserOptions;
    expect(JSON.stringify(MasterUserPassword)).toContain('{{resolve:secretsmanager:');
  });

  it('lets in nobody from outside the network', () => {
    const sources = all('search', 'AWS::EC2::SecurityGroupIngress').map(
      ({ Properties }) => Properties,
    );
    expect(sources.length).toBeGreaterThan(0);
    for (const rule of sources) {
      expect(rule).toMatchObject({ FromPort: 443, ToPort: 443 });
      expect(rule.SourceSecurityGroupId).toBeDefined();
    }
  });
});
