import { Fn, Stack, type StackProps } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { CfnServerlessCluster } from 'aws-cdk-lib/aws-msk';
import {
  AwsCustomResource,
  AwsCustomResourcePolicy,
  PhysicalResourceId,
} from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import { acknowledgeProvider } from '../constructs/acknowledge.ts';
import { publish } from '../constructs/publish.ts';
import { names } from '../names.ts';
import type { AwsStage } from '../stage.ts';

export interface StreamStackProps extends StackProps {
  readonly stage: AwsStage;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
}

/** AWS only: Kafka, as MSK Serverless; clients sign with their roles. */
export class StreamStack extends Stack {
  constructor(scope: Construct, id: string, props: StreamStackProps) {
    super(scope, id, props);
    const { stage, vpc, securityGroup } = props;
    const clusterName = names(stage).stack('events');
    const cluster = new CfnServerlessCluster(this, 'Cluster', {
      clusterName,
      clientAuthentication: { sasl: { iam: { enabled: true } } },
      vpcConfigs: [
        {
          subnetIds: vpc.selectSubnets({ subnetGroupName: 'functions' }).subnetIds,
          securityGroups: [securityGroup.securityGroupId],
        },
      ],
    });
    // CloudFormation does not tell the brokers' addresses; the API does.
    const brokers = new AwsCustomResource(this, 'Brokers', {
      onUpdate: {
        service: 'Kafka',
        action: 'getBootstrapBrokers',
        parameters: { ClusterArn: cluster.attrArn },
        physicalResourceId: PhysicalResourceId.of(`${clusterName}-brokers`),
      },
      policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: [cluster.attrArn] }),
      installLatestAwsSdk: false,
    });
    // arn:…:cluster/<name>/<uuid>
    const uuid = Fn.select(2, Fn.split('/', cluster.attrArn));
    const prefix = (resource: string) =>
      this.formatArn({
        service: 'kafka',
        resource,
        resourceName: `${clusterName}/${uuid}`,
      });
    publish(this, stage, {
      'kafka/brokers': brokers.getResponseField('BootstrapBrokerStringSaslIam'),
      'kafka/cluster-arn': cluster.attrArn,
      'kafka/topic-arn-prefix': prefix('topic'),
      'kafka/group-arn-prefix': prefix('group'),
    });
    acknowledgeProvider(this);
  }
}
