import { Stack, type StackProps } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { CfnServerlessCache } from 'aws-cdk-lib/aws-elasticache';
import type { Construct } from 'constructs';
import { publish } from '../constructs/publish.ts';
import { names } from '../names.ts';
import type { AwsStage } from '../stage.ts';

export interface CacheStackProps extends StackProps {
  readonly stage: AwsStage;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
}

/** AWS only: Valkey, as ElastiCache Serverless. Without it Atlas is slower, never wrong. */
export class CacheStack extends Stack {
  constructor(scope: Construct, id: string, props: CacheStackProps) {
    super(scope, id, props);
    const { stage, vpc, securityGroup } = props;
    const cache = new CfnServerlessCache(this, 'Cache', {
      engine: 'valkey',
      majorEngineVersion: '8',
      serverlessCacheName: names(stage).stack('cache'),
      description: `Cache of Atlas ${stage.name}`,
      securityGroupIds: [securityGroup.securityGroupId],
      subnetIds: vpc.selectSubnets({ subnetGroupName: 'data' }).subnetIds,
      cacheUsageLimits: {
        dataStorage: { maximum: 10, unit: 'GB' },
        ecpuPerSecond: { maximum: 10_000 },
      },
    });
    publish(this, stage, {
      'valkey-url': `rediss://${cache.attrEndpointAddress}:${cache.attrEndpointPort}`,
    });
  }
}
