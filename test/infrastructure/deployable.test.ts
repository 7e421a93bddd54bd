import { describe, expect, it } from 'vitest';
import { resourcesOf, synthesiseStage } from '../support/templates.ts';

/** What lint cannot see: templates that are well-formed, and would fail or fall silent on AWS. */
const prod = synthesiseStage('prod');
const all = [...prod.templates.values()];
const templateOf = (name: string) => {
  const template = prod.templates.get(name);
  if (template === undefined) throw new Error(`there is no stack ${name}`);
  return template;
};
const actionsOf = (statement: { Action: string | string[] }) => [statement.Action].flat();

/** Of a new account; a hundred of them must stay unreserved. */
const defaultConcurrency = 1_000;
const unreservable = 100;

describe('a deployment to AWS', () => {
  it('lets whoever reads a secret decrypt it, and only through Secrets Manager', () => {
    const readers = all
      .flatMap((template) => resourcesOf(template, 'AWS::IAM::Policy'))
      .map((policy) => policy.Properties.PolicyDocument.Statement)
      .filter((statements) =>
        // biome-ignore lint/suspicious/noExplicitAny: a statement of a template
        statements.some((one: any) => actionsOf(one).includes('secretsmanager:GetSecretValue')),
      );
    expect(readers.length).toBeGreaterThan(1);
    for (const statements of readers) {
      // biome-ignore lint/suspicious/noExplicitAny: a statement of a template
      const decrypt = statements.find((one: any) => actionsOf(one).includes('kms:Decrypt'));
      expect(decrypt).toBeDefined();
      expect(JSON.stringify(decrypt?.Condition)).toContain('secretsmanager.');
      expect(decrypt?.Resource).not.toBe('*');
    }
  });

  it('rotates passwords from a security group that the databases let in', () => {
    const template = templateOf('shards');
    const rotations = resourcesOf(template, 'AWS::Serverless::Application');
    const [cluster] = resourcesOf(template, 'AWS::RDS::DBCluster');
    const group = JSON.stringify(cluster?.Properties.VpcSecurityGroupIds[0]);
    expect(rotations).toHaveLength(2);
    for (const rotation of rotations) {
      expect(JSON.stringify(rotation.Properties.Parameters.vpcSecurityGroupIds)).toBe(group);
    }
  });

  it('lets its own schedules put what they could not deliver on the failures queue', () => {
    const [allowed] = resourcesOf(templateOf('data'), 'AWS::SQS::QueuePolicy')
      .flatMap((policy) => policy.Properties.PolicyDocument.Statement)
      .filter((statement) => statement.Effect === 'Allow');
    expect(allowed).toMatchObject({
      Action: 'sqs:SendMessage',
      Principal: { Service: 'events.amazonaws.com' },
    });
    expect(JSON.stringify(allowed.Condition)).toContain('rule/atlas-prod-*');
  });

  it('reserves no more concurrency than a new account has', () => {
    const reserved = all
      .flatMap((template) => resourcesOf(template, 'AWS::Lambda::Function'))
      .map((one) => Number(one.Properties.ReservedConcurrentExecutions ?? 0))
      .reduce((sum, one) => sum + one, 0);
    expect(reserved).toBeGreaterThan(0);
    expect(reserved).toBeLessThanOrEqual(defaultConcurrency - unreservable);
  });
});
