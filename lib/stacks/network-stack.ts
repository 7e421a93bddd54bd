import { Stack, type StackProps } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import { publish } from '../constructs/publish.ts';
import type { AwsStage } from '../stage.ts';

/** AWS only: the network in which databases, Kafka and the functions that reach them live. */
export class NetworkStack extends Stack {
  readonly vpc: IVpc;
  /** Of functions; may reach everything the data groups open to it. */
  readonly functions: SecurityGroup;
  /** Of proxies, brokers and caches. */
  readonly data: SecurityGroup;

  constructor(scope: Construct, id: string, props: StackProps & { readonly stage: AwsStage }) {
    super(scope, id, props);
    const { stage } = props;
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.42.0.0/16'),
      maxAzs: 2,
      natGateways: stage.natGateways,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24 },
        { name: 'functions', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
        { name: 'data', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 22 },
      ],
      gatewayEndpoints: {
        s3: { service: GatewayVpcEndpointAwsService.S3 },
        dynamodb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
      flowLogs: {
        rejected: {
          trafficType: FlowLogTrafficType.REJECT,
          destination: FlowLogDestination.toCloudWatchLogs(
            new LogGroup(this, 'FlowLog', { retention: stage.logRetentionDays }),
          ),
        },
      },
    });
    this.vpc = vpc as IVpc;
    vpc.addInterfaceEndpoint('Secrets', {
      service: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    });

    const group = (name: string, description: string, allowAllOutbound: boolean) =>
      new SecurityGroup(this, name, { vpc: this.vpc, description, allowAllOutbound });
    this.functions = group('Functions', 'Functions of Atlas', true);
    this.data = group('Data', 'What functions reach', true);
    for (const [port, what] of [
      [Port.tcp(5432), 'Postgres'],
      [Port.tcp(9098), 'Kafka with IAM'],
      [Port.tcpRange(6379, 6380), 'Valkey'],
    ] as const) {
      this.data.addIngressRule(this.functions, port, `${what} from functions`);
    }
    this.data.addIngressRule(this.data, Port.allTcp(), 'proxies to databases, pollers to brokers');

    const functionSubnets = this.vpc.selectSubnets({ subnetGroupName: 'functions' });
    publish(this, stage, {
      'network/vpc-id': this.vpc.vpcId,
      'network/private-subnets': functionSubnets.subnetIds.join(','),
      'network/functions-group': this.functions.securityGroupId,
    });
    acknowledge(this, {
      'AwsSolutions-EC23': 'interface endpoints are open to the network itself, by CDK',
      CdkNagValidationFailure: 'the address range is only known when the stack deploys',
    });
  }
}
