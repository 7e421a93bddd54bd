import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CustomResource, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Provider } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import { services, transforms, triggers } from '../../functions/manifest.ts';
import { acknowledge, acknowledgeProvider } from '../constructs/acknowledge.ts';
import { LogDelivery } from '../constructs/log-delivery.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import { SharedLayers } from '../constructs/shared-layers.ts';
import { awsEndpoints } from '../endpoints.ts';
import { names } from '../names.ts';
import type { AwsStage, LogAggregation } from '../stage.ts';

export interface LogsStackProps extends StackProps {
  readonly stage: AwsStage;
  readonly logAggregation: LogAggregation;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
}

const rowNamed = <Row extends { readonly name: string }>(
  rows: readonly Row[],
  name: string,
): Row => {
  const found = rows.find((row) => row.name === name);
  if (found === undefined) throw new Error(`the manifest has no ${name}`);
  return found;
};

const files = join(import.meta.dirname, '..', '..', 'functions', 'search');

/** Changes with what is put into the domain, and so makes CloudFormation call again. */
const fingerprint = (): string => {
  const hash = createHash('sha256');
  for (const file of globSync('*', { cwd: files }).sort()) {
    hash.update(file).update(readFileSync(join(files, file)));
  }
  return hash.digest('hex').slice(0, 16);
};

/** AWS only: log lines of all functions, redacted, on their way into the search domain. */
export class LogsStack extends Stack {
  private readonly settings: LogsStackProps;

  constructor(scope: Construct, id: string, props: LogsStackProps) {
    super(scope, id, props);
    this.settings = props;
    const { stage, logAggregation, vpc, securityGroup } = props;
    const surroundings = {
      stage,
      endpoints: awsEndpoints(this, stage),
      layers: new SharedLayers(this, 'Layers', stage),
    };
    const transform = new ServiceFunction(this, {
      ...surroundings,
      row: rowNamed(transforms, 'transform-logs'),
    });
    acknowledge(transform, { 'AwsSolutions-IAM5[Resource::*]': 'X-Ray knows no resources' });
    const delivery = new LogDelivery(this, 'Delivery', {
      stage,
      logAggregation,
      vpc,
      transform: transform.function,
      domainArn: this.read('search/domain-arn'),
      searchGroupId: this.read('search/group'),
    });
    acknowledge(delivery.role, {
      [`AwsSolutions-IAM5[Resource::<${this.idOf('search/domain-arn')}>/*]`]:
        'indices of one domain',
      [`AwsSolutions-IAM5[Resource::<${this.getLogicalId(delivery.bucket.node.defaultChild as never)}.Arn>/*]`]:
        'the objects of one bucket',
      'AwsSolutions-IAM5[Resource::*]': 'to look at networks, no resource can be named',
      ...Object.fromEntries(
        ['network-interface', 'subnet', 'security-group'].map((kind) => [
          `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:${kind}/*]`,
          'interfaces are made in subnets that are only known when the stack deploys',
        ]),
      ),
    });
    const setUp = this.configureSearch(
      new ServiceFunction(this, {
        ...surroundings,
        row: rowNamed(triggers, 'configure-search'),
        aws: { vpc, securityGroup },
      }),
      delivery,
    );
    delivery.stream.node.addDependency(setUp);
    this.subscribe(delivery);
    this.alarms();
  }

  private read(name: string): string {
    return StringParameter.valueForStringParameter(
      this,
      names(this.settings.stage).parameter(name),
    );
  }

  private idOf(parameter: string): string {
    return (this.resolve(this.read(parameter)) as { Ref: string }).Ref;
  }

  /** Before anything is delivered: the first document would make an index without the template. */
  private configureSearch(configure: ServiceFunction, { role }: LogDelivery): CustomResource {
    const { retentionDays } = this.settings.logAggregation;
    configure.function.addEnvironment('ATLAS_SEARCH_WRITER_ROLE_ARN', role.roleArn);
    configure.function.addEnvironment('ATLAS_SEARCH_RETENTION_DAYS', String(retentionDays));
    const provider = new Provider(this, 'Provider', { onEventHandler: configure.function });
    const resource = new CustomResource(this, 'Search', {
      serviceToken: provider.serviceToken,
      properties: { fingerprint: fingerprint(), retentionDays, writer: role.roleArn },
    });
    const {
      'Fn::GetAtt': [functionId],
    } = this.resolve(configure.function.functionArn) as {
      'Fn::GetAtt': [string];
    };
    acknowledgeProvider(provider);
    acknowledge(provider, {
      [`AwsSolutions-IAM5[Resource::<${functionId}.Arn>:*]`]: 'every version of the one function',
    });
    return resource;
  }

  private subscribe({ stream }: LogDelivery): void {
    const { stage } = this.settings;
    const role = new Role(this, 'SubscriptionRole', {
      assumedBy: new ServicePrincipal('logs.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
      description: `Lets CloudWatch Logs put lines of Atlas ${stage.name} on the stream`,
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['firehose:PutRecord', 'firehose:PutRecordBatch'],
        resources: [stream.attrArn],
      }),
    );
    // The function that brings them together is not among them: it would feed itself.
    for (const { name } of services) {
      const filter = new CfnSubscriptionFilter(this, `Lines-${name}`, {
        logGroupName: names(stage).logGroup(name),
        filterName: names(stage).logsStream,
        filterPattern: '',
        destinationArn: stream.attrArn,
        roleArn: role.roleArn,
      });
      filter.node.addDependency(role);
    }
  }

  private alarms(): void {
    const { stage, logAggregation } = this.settings;
    const name = names(stage);
    const metric = (namespace: string, metricName: string, dimensionsMap: Record<string, string>) =>
      new Metric({
        namespace,
        metricName,
        dimensionsMap,
        statistic: 'Maximum',
        period: Duration.minutes(5),
      });
    const action = new SnsAction(
      Topic.fromTopicArn(this, 'Tickets', this.read('ticket-topic-arn')),
    );
    const alarm = (
      id: string,
      page: string,
      watched: Metric,
      threshold: number,
      comparisonOperator: ComparisonOperator,
    ) =>
      new Alarm(this, id, {
        alarmName: name.stack(id),
        alarmDescription: `Runbook: docs/runbooks/${page}.md`,
        metric: watched,
        threshold,
        evaluationPeriods: 3,
        comparisonOperator,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }).addAlarmAction(action);
    const over = ComparisonOperator.GREATER_THAN_THRESHOLD;
    const stream = { DeliveryStreamName: name.logsStream };
    const domain = { DomainName: name.stack('logs'), ClientId: this.account };
    const freshness = 'DeliveryToAmazonOpenSearchService.DataFreshness';
    alarm('logs-late', 'logs-late', metric('AWS/Firehose', freshness, stream), 900, over);
    const failed = metric('Atlas', 'LogRecordsFailed', {
      service: 'atlas',
      function: 'transform-logs',
    });
    alarm('logs-not-transformed', 'logs-late', failed, 0, over);
    alarm('search-red', 'search-unwell', metric('AWS/ES', 'ClusterStatus.red', domain), 0, over);
    const leftMib = metric('AWS/ES', 'FreeStorageSpace', domain);
    const tenthMib = (logAggregation.volumeGiB * 1_024) / 10;
    const under = ComparisonOperator.LESS_THAN_THRESHOLD;
    // Of the node that has least: the maximum would hide it.
    alarm('search-full', 'search-unwell', leftMib.with({ statistic: 'Minimum' }), tenthMib, under);
  }
}
