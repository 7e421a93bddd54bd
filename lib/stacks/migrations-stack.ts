import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CustomResource, Stack, type StackProps } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Provider } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import { topics, triggers } from '../../functions/manifest.ts';
import { acknowledge, acknowledgeProvider } from '../constructs/acknowledge.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import { SharedLayers } from '../constructs/shared-layers.ts';
import { awsEndpoints } from '../endpoints.ts';
import type { AwsStage } from '../stage.ts';

export interface MigrationsStackProps extends StackProps {
  readonly stage: AwsStage;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
}

const migrations = join(import.meta.dirname, '..', '..', 'layers', 'postgres', 'migrations');

/** Changes whenever a migration or a topic is added, and so makes CloudFormation call again. */
const fingerprint = (): string => {
  const hash = createHash('sha256');
  for (const file of globSync('*.sql', { cwd: migrations }).sort()) {
    hash.update(file).update(readFileSync(join(migrations, file)));
  }
  hash.update(JSON.stringify(topics));
  return hash.digest('hex').slice(0, 16);
};

/** AWS only: migrates every shard and creates topics, before the functions are deployed. */
export class MigrationsStack extends Stack {
  constructor(scope: Construct, id: string, props: MigrationsStackProps) {
    super(scope, id, props);
    const { stage, vpc, securityGroup } = props;
    const [row] = triggers;
    const migrator = new ServiceFunction(this, {
      row,
      stage,
      endpoints: awsEndpoints(this, stage),
      layers: new SharedLayers(this, 'Layers', stage),
      aws: { vpc, securityGroup },
    });
    const provider = new Provider(this, 'Provider', { onEventHandler: migrator.function });
    new CustomResource(this, 'Schema', {
      serviceToken: provider.serviceToken,
      properties: { fingerprint: fingerprint() },
    });
    const migratorId = (this.resolve(migrator.function.functionArn) as { 'Fn::GetAtt': [string] })[
      'Fn::GetAtt'
    ][0];
    acknowledgeProvider(provider);
    acknowledge(provider, {
      [`AwsSolutions-IAM5[Resource::<${migratorId}.Arn>:*]`]: 'every version of the one function',
    });
  }
}
