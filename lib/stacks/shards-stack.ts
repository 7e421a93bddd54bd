import { ArnFormat, Duration, Fn, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  type DatabaseProxy,
  DefaultAuthScheme,
  ParameterGroup,
} from 'aws-cdk-lib/aws-rds';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { demandConnections, proxyShare } from '../connections.ts';
import { acknowledge } from '../constructs/acknowledge.ts';
import { publish } from '../constructs/publish.ts';
import { names } from '../names.ts';
import { type AwsStage, shardCount } from '../stage.ts';

export interface ShardsStackProps extends StackProps {
  readonly stage: AwsStage;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
}

/** AWS only: one Aurora cluster a shard, each with a writer, a reader and a proxy before them. */
export class ShardsStack extends Stack {
  constructor(scope: Construct, id: string, props: ShardsStackProps) {
    super(scope, id, props);
    const { stage } = props;
    demandConnections(stage);
    // Its rules stand in the network's stack; changed from here, the two would depend on each other.
    const securityGroup = SecurityGroup.fromSecurityGroupId(
      this,
      'DataGroup',
      props.securityGroup.securityGroupId,
      { mutable: false },
    );
    const key = new Key(this, 'Key', {
      description: `Data of Atlas ${stage.name}`,
      enableKeyRotation: true,
      removalPolicy: stage.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const engine = DatabaseClusterEngine.auroraPostgres({
      version: AuroraPostgresEngineVersion.VER_18_6,
    });
    const parameterGroup = new ParameterGroup(this, 'Parameters', {
      engine,
      description: 'Prepared transactions, locks, logical replication, and time-outs',
      parameters: {
        max_prepared_transactions: '100',
        // Accounts are locked by advisory locks, a transfer of 100 postings up to 200 of them.
        max_locks_per_transaction: '256',
        'rds.logical_replication': '1',
        'rds.force_ssl': '1',
        idle_in_transaction_session_timeout: '10000',
        log_lock_waits: '1',
      },
    });
    const signingKey = new Secret(this, 'SigningKey', {
      description: `Signs cursors and session tokens of Atlas ${stage.name}`,
      encryptionKey: key,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
    acknowledge(signingKey, {
      'AwsSolutions-SMG4': 'a new key would break every cursor in flight; rotate it by runbook',
    });
    const webhookKey = new Secret(this, 'WebhookKey', {
      description: `Seals the secrets of webhook endpoints of Atlas ${stage.name}`,
      encryptionKey: key,
      removalPolicy: stage.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
    acknowledge(webhookKey, {
      'AwsSolutions-SMG4': 'a new key would open no secret that was sealed with the old one',
    });
    publish(this, stage, {
      'signing-key-arn': signingKey.secretArn,
      'webhook-key-arn': webhookKey.secretArn,
      'shards/key-arn': key.keyArn,
    });
    for (let shard = 0; shard < shardCount; shard += 1) {
      this.addShard(shard, { ...props, securityGroup }, { key, engine, parameterGroup });
    }
  }

  private addShard(
    shard: number,
    { stage, vpc, securityGroup }: ShardsStackProps,
    shared: {
      readonly key: Key;
      readonly engine: ReturnType<typeof DatabaseClusterEngine.auroraPostgres>;
      readonly parameterGroup: ParameterGroup;
    },
  ): void {
    const instance = { publiclyAccessible: false, enablePerformanceInsights: true } as const;
    const clusterIdentifier = names(stage).stack(`shard-${shard}`);
    const log = new LogGroup(this, `Shard${shard}Log`, {
      logGroupName: `/aws/rds/cluster/${clusterIdentifier}/postgresql`,
      retention: stage.logRetentionDays,
    });
    const cluster = new DatabaseCluster(this, `Shard${shard}`, {
      engine: shared.engine,
      clusterIdentifier,
      parameterGroup: shared.parameterGroup,
      credentials: Credentials.fromGeneratedSecret('postgres', { encryptionKey: shared.key }),
      defaultDatabaseName: 'atlas',
      serverlessV2MinCapacity: stage.capacity.minAcu,
      serverlessV2MaxCapacity: stage.capacity.maxAcu,
      writer: ClusterInstance.serverlessV2('Writer', instance),
      readers: [ClusterInstance.serverlessV2('Reader', { ...instance, scaleWithWriter: true })],
      vpc,
      vpcSubnets: { subnetGroupName: 'data' },
      securityGroups: [securityGroup],
      storageEncrypted: true,
      storageEncryptionKey: shared.key,
      iamAuthentication: true,
      backup: { retention: Duration.days(stage.deletionProtection ? 35 : 7) },
      cloudwatchLogsExports: ['postgresql'],
      deletionProtection: stage.deletionProtection,
      removalPolicy: stage.deletionProtection ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    });
    cluster.node.addDependency(log);
    // A group of its own would not be let in: the databases' rules stand in the network's stack.
    cluster.addRotationSingleUser({
      vpcSubnets: { subnetGroupName: 'functions' },
      securityGroup,
    });
    const proxy = this.addProxy(shard, cluster, stage, vpc, securityGroup);
    const { secret } = cluster;
    if (secret === undefined) throw new Error('the cluster has no secret');
    publish(this, stage, {
      [`shards/${shard}/proxy-host`]: proxy.endpoint,
      // …:db-proxy:prx-0123456789abcdef0
      [`shards/${shard}/proxy-id`]: Fn.select(6, Fn.split(':', proxy.dbProxyArn)),
      [`shards/${shard}/writer-host`]: cluster.clusterEndpoint.hostname,
      [`shards/${shard}/reader-host`]: cluster.clusterReadEndpoint.hostname,
      [`shards/${shard}/admin-secret-arn`]: secret.secretArn,
    });
    acknowledge(cluster, {
      'AwsSolutions-RDS10': 'protected where the stage says so, which production does',
      'AwsSolutions-RDS11':
        'the group opens the port to functions only, so its number hides nothing',
    });
  }

  /** Roles sign in with IAM at the proxy, and the proxy with IAM at the cluster: no passwords. */
  private addProxy(
    shard: number,
    cluster: DatabaseCluster,
    stage: AwsStage,
    vpc: IVpc,
    securityGroup: ISecurityGroup,
  ): DatabaseProxy {
    const role = new Role(this, `Proxy${shard}Role`, {
      assumedBy: new ServicePrincipal('rds.amazonaws.com'),
      description: `The proxy of shard ${shard}, as the roles that may sign in through it`,
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['rds-db:connect'],
        resources: ['atlas_api', 'atlas_relay', 'atlas_jobs', 'atlas_audit'].map((user) =>
          this.formatArn({
            service: 'rds-db',
            resource: 'dbuser',
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            resourceName: `${cluster.clusterResourceIdentifier}/${user}`,
          }),
        ),
      }),
    );
    return cluster.addProxy(`Proxy${shard}`, {
      dbProxyName: names(stage).stack(`shard-${shard}`),
      defaultAuthScheme: DefaultAuthScheme.IAM_AUTH,
      role,
      requireTLS: true,
      vpc,
      vpcSubnets: { subnetGroupName: 'functions' },
      securityGroups: [securityGroup],
      borrowTimeout: Duration.seconds(2),
      maxConnectionsPercent: proxyShare * 100,
    });
  }
}
