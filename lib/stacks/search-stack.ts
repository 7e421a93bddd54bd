import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  AnyPrincipal,
  PolicyDocument,
  PolicyStatement,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, ResourcePolicy } from 'aws-cdk-lib/aws-logs';
import { CfnDomain } from 'aws-cdk-lib/aws-opensearchservice';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import { publish } from '../constructs/publish.ts';
import { names } from '../names.ts';
import type { AwsStage, LogAggregation } from '../stage.ts';

export interface SearchStackProps extends StackProps {
  readonly stage: AwsStage;
  readonly logAggregation: LogAggregation;
  readonly vpc: IVpc;
  /** Of the functions that set it up. */
  readonly functions: ISecurityGroup;
}

const engineVersion = 'OpenSearch_2.19';
const slowLogs = ['SEARCH_SLOW_LOGS', 'INDEX_SLOW_LOGS', 'ES_APPLICATION_LOGS'] as const;

/**
 * AWS only: the OpenSearch domain in which log lines are looked for. Nobody reaches it from outside the
 * network, and within it only who signs in: Firehose as its role, people as the master user.
 */
export class SearchStack extends Stack {
  private readonly settings: SearchStackProps;

  constructor(scope: Construct, id: string, props: SearchStackProps) {
    super(scope, id, props);
    this.settings = props;
    const { stage, vpc, functions } = props;
    const key = new Key(this, 'Key', {
      description: `Logs of Atlas ${stage.name}`,
      enableKeyRotation: true,
      removalPolicy: stage.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const secret = new Secret(this, 'MasterUser', {
      description: `Signs in to the search domain of Atlas ${stage.name}`,
      encryptionKey: key,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: 'atlas' }),
        generateStringKey: 'password',
        passwordLength: 40,
        // OpenSearch wants a sign of each kind.
        requireEachIncludedType: true,
        excludeCharacters: '"\\/@\'`',
      },
    });
    acknowledge(secret, { 'AwsSolutions-SMG4': 'its domain cannot follow a rotation by itself' });
    const group = new SecurityGroup(this, 'Group', {
      vpc,
      description: 'The search domain, and Firehose on its way to it',
      allowAllOutbound: true,
    });
    group.addIngressRule(group, Port.tcp(443), 'Firehose');
    group.addIngressRule(functions, Port.tcp(443), 'who sets it up, and tunnels of people');
    const domain = this.domain(group, key, secret);
    publish(this, stage, {
      'search/endpoint': domain.attrDomainEndpoint,
      'search/domain-arn': domain.attrArn,
      'search/secret-arn': secret.secretArn,
      'search/key-arn': key.keyArn,
      'search/group': group.securityGroupId,
    });
  }

  private domain(group: ISecurityGroup, key: Key, secret: Secret): CfnDomain {
    const { stage, vpc, logAggregation } = this.settings;
    const { instances, instanceType, volumeGiB } = logAggregation;
    const domainName = names(stage).stack('logs');
    const domainArn = this.formatArn({
      service: 'es',
      resource: 'domain',
      resourceName: domainName,
    });
    const inTwoZones = instances > 1;
    const { subnetIds } = vpc.selectSubnets({ subnetGroupName: 'data' });
    const { logs, mayWrite } = this.slowLogs(domainArn);
    const domain = new CfnDomain(this, 'Domain', {
      domainName,
      engineVersion,
      clusterConfig: {
        instanceType,
        instanceCount: instances,
        zoneAwarenessEnabled: inTwoZones,
        ...(inTwoZones ? { zoneAwarenessConfig: { availabilityZoneCount: 2 } } : {}),
      },
      ebsOptions: { ebsEnabled: true, volumeType: 'gp3', volumeSize: volumeGiB },
      vpcOptions: {
        securityGroupIds: [group.securityGroupId],
        subnetIds: subnetIds.slice(0, inTwoZones ? 2 : 1),
      },
      encryptionAtRestOptions: { enabled: true, kmsKeyId: key.keyId },
      nodeToNodeEncryptionOptions: { enabled: true },
      domainEndpointOptions: {
        enforceHttps: true,
        tlsSecurityPolicy: 'Policy-Min-TLS-1-2-PFS-2023-10',
      },
      advancedSecurityOptions: {
        enabled: true,
        internalUserDatabaseEnabled: true,
        masterUserOptions: {
          masterUserName: secret.secretValueFromJson('username').unsafeUnwrap(),
          masterUserPassword: secret.secretValueFromJson('password').unsafeUnwrap(),
        },
      },
      accessPolicies: new PolicyDocument({
        statements: [
          new PolicyStatement({
            principals: [new AnyPrincipal()],
            actions: ['es:ESHttp*'],
            resources: [`${domainArn}/*`],
          }),
        ],
      }),
      logPublishingOptions: logs,
    });
    domain.node.addDependency(mayWrite);
    domain.applyRemovalPolicy(
      stage.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    );
    acknowledge(domain, {
      'AwsSolutions-OS3': 'the network lets nobody in but functions and Firehose',
      'AwsSolutions-OS4':
        'dedicated masters cost as much again, and CloudWatch has every line, too',
      'AwsSolutions-OS5': 'fine-grained access control asks everybody to sign in',
      'AwsSolutions-OS7': 'a stage with one instance has no second zone; production has two',
    });
    return domain;
  }

  private slowLogs(domainArn: string) {
    const { stage } = this.settings;
    const log = new LogGroup(this, 'Log', {
      logGroupName: `/aws/opensearch/${names(stage).stack('logs')}`,
      retention: stage.logRetentionDays,
      removalPolicy: stage.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const mayWrite = new ResourcePolicy(this, 'LogPolicy', {
      policyStatements: [
        new PolicyStatement({
          principals: [new ServicePrincipal('es.amazonaws.com')],
          actions: ['logs:PutLogEvents', 'logs:CreateLogStream'],
          resources: [log.logGroupArn],
          conditions: { ArnEquals: { 'aws:SourceArn': domainArn } },
        }),
      ],
    });
    const one = { cloudWatchLogsLogGroupArn: log.logGroupArn, enabled: true };
    return { mayWrite, logs: Object.fromEntries(slowLogs.map((kind) => [kind, one])) };
  }
}
