import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, LogStream } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { names } from '../names.ts';
import type { AwsStage, LogAggregation } from '../stage.ts';
import { acknowledge } from './acknowledge.ts';

export interface LogDeliveryProps {
  readonly stage: AwsStage;
  readonly logAggregation: LogAggregation;
  readonly vpc: IVpc;
  readonly transform: IFunction;
  readonly domainArn: string;
  readonly searchGroupId: string;
}

const bufferSeconds = 60;

/** Firehose from CloudWatch Logs to the search domain, with a bucket for what does not arrive there. */
export class LogDelivery extends Construct {
  readonly role: Role;
  readonly stream: CfnDeliveryStream;
  readonly bucket: Bucket;
  private readonly props: LogDeliveryProps;

  constructor(scope: Construct, id: string, props: LogDeliveryProps) {
    super(scope, id);
    this.props = props;
    const { stage, logAggregation } = props;
    const name = names(stage);
    this.bucket = new Bucket(this, 'Bucket', {
      bucketName: name.logsBucket(Stack.of(this).account),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: stage.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      lifecycleRules: [
        // What failed may be as it came, and is not kept longer than it takes to mend the cause.
        { prefix: 'failed/', expiration: Duration.days(14) },
        { prefix: 'all/', expiration: Duration.days(logAggregation.archiveDays) },
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
    });
    acknowledge(this.bucket, {
      'AwsSolutions-S1': 'who needs to know who read it turns on CloudTrail’s data events',
    });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('firehose.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: `What the delivery of logs of Atlas ${stage.name} may do`,
    });
    this.stream = this.delivery();
  }

  private delivery(): CfnDeliveryStream {
    const { stage, logAggregation, vpc, transform, domainArn, searchGroupId } = this.props;
    const name = names(stage);
    const log = new LogGroup(this, 'Log', {
      logGroupName: `/aws/kinesisfirehose/${name.logsStream}`,
      retention: stage.logRetentionDays,
      removalPolicy: stage.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const logging = (id: string) => ({
      enabled: true,
      logGroupName: log.logGroupName,
      logStreamName: new LogStream(this, id, { logGroup: log }).logStreamName,
    });
    const { subnetIds } = vpc.selectSubnets({ subnetGroupName: 'functions' });
    const permissions = this.permissions(log);
    const roleArn = this.role.roleArn;
    const stream = new CfnDeliveryStream(this, 'Stream', {
      deliveryStreamName: name.logsStream,
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: { keyType: 'AWS_OWNED_CMK' },
      amazonopensearchserviceDestinationConfiguration: {
        domainArn,
        roleArn,
        indexName: 'atlas-logs',
        indexRotationPeriod: 'OneDay',
        bufferingHints: { intervalInSeconds: bufferSeconds, sizeInMBs: 5 },
        retryOptions: { durationInSeconds: 300 },
        // The same document gets the same id when it is sent again.
        documentIdOptions: { defaultDocumentIdFormat: 'FIREHOSE_DEFAULT' },
        cloudWatchLoggingOptions: logging('ToSearch'),
        vpcConfiguration: { roleArn, subnetIds, securityGroupIds: [searchGroupId] },
        processingConfiguration: {
          enabled: true,
          processors: [
            {
              type: 'Lambda',
              parameters: [
                { parameterName: 'LambdaArn', parameterValue: transform.functionArn },
                { parameterName: 'RoleArn', parameterValue: roleArn },
                { parameterName: 'NumberOfRetries', parameterValue: '3' },
                { parameterName: 'BufferSizeInMBs', parameterValue: '1' },
                { parameterName: 'BufferIntervalInSeconds', parameterValue: String(bufferSeconds) },
              ],
            },
          ],
        },
        s3BackupMode: logAggregation.archive === 'all' ? 'AllDocuments' : 'FailedDocumentsOnly',
        s3Configuration: {
          bucketArn: this.bucket.bucketArn,
          roleArn,
          compressionFormat: 'GZIP',
          bufferingHints: { intervalInSeconds: 300, sizeInMBs: 64 },
          prefix: logAggregation.archive === 'all' ? 'all/' : 'failed/',
          errorOutputPrefix: 'failed/!{firehose:error-output-type}/',
          cloudWatchLoggingOptions: logging('ToBucket'),
        },
      },
    });
    stream.node.addDependency(permissions);
    return stream;
  }

  private permissions(log: LogGroup): Construct {
    const { domainArn, transform } = this.props;
    const allow = (actions: string[], resources: string[]) =>
      this.role.addToPolicy(new PolicyStatement({ actions, resources }));
    const network = (resource: string) =>
      Stack.of(this).formatArn({ service: 'ec2', resource, resourceName: '*' });
    allow(['es:DescribeDomain', 'es:DescribeDomains', 'es:DescribeDomainConfig'], [domainArn]);
    allow(['es:ESHttpPost', 'es:ESHttpPut', 'es:ESHttpGet'], [domainArn, `${domainArn}/*`]);
    allow(['lambda:InvokeFunction', 'lambda:GetFunctionConfiguration'], [transform.functionArn]);
    allow(
      ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
      [this.bucket.bucketArn],
    );
    allow(
      ['s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload'],
      [this.bucket.arnForObjects('*')],
    );
    allow(['logs:PutLogEvents'], [log.logGroupArn]);
    // Its way into the network: interfaces in our subnets. To look, no resource can be named.
    allow(
      ['VpcAttribute', 'Vpcs', 'Subnets', 'SecurityGroups', 'NetworkInterfaces'].map(
        (what) => `ec2:Describe${what}`,
      ),
      ['*'],
    );
    allow(
      [
        'ec2:CreateNetworkInterface',
        'ec2:CreateNetworkInterfacePermission',
        'ec2:DeleteNetworkInterface',
      ],
      ['network-interface', 'subnet', 'security-group'].map(network),
    );
    const policy = this.role.node.findChild('DefaultPolicy') as Construct;
    return policy;
  }
}
