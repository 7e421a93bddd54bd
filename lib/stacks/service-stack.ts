import { CfnOutput, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { consumers, endpoints, jobs, queues, relays } from '../../functions/manifest.ts';
import { acknowledge } from '../constructs/acknowledge.ts';
import { addProblemResponses } from '../constructs/problem-responses.ts';
import { publish } from '../constructs/publish.ts';
import { QueueConsumer } from '../constructs/queue-consumer.ts';
import { ScheduledJob } from '../constructs/scheduled-job.ts';
import { ServiceFunction, type ServiceSurroundings } from '../constructs/service-function.ts';
import { SharedLayers } from '../constructs/shared-layers.ts';
import { awsEndpoints, type Endpoints } from '../endpoints.ts';
import { names } from '../names.ts';
import type { Stage } from '../stage.ts';

export interface ServiceStackProps extends StackProps {
  readonly stage: Stage;
  /** Offline; on AWS they are read from SSM. */
  readonly endpoints?: Endpoints;
}

/** Portable: the API and every function of the manifest. */
export class ServiceStack extends Stack {
  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    const { stage } = props;
    const surroundings: ServiceSurroundings = {
      stage,
      endpoints: props.endpoints ?? awsEndpoints(this, stage),
      layers: new SharedLayers(this, 'Layers', stage),
      ...(stage.onAws ? { aws: this.awsSurroundings(stage) } : {}),
    };
    this.addApi(surroundings);

    const failures = Queue.fromQueueArn(
      this,
      'Failures',
      this.formatArn({ service: 'sqs', resource: names(stage).failuresQueue }),
    );
    for (const row of consumers) new ServiceFunction(this, { ...surroundings, row });
    for (const row of queues) new QueueConsumer(this, { ...surroundings, row });
    for (const row of [...relays, ...jobs]) {
      const { everyMinutes } = row;
      new ScheduledJob(this, { ...surroundings, row, everyMinutes, failures });
    }
  }

  /** Found by parameters, since the stacks that make them do not exist offline. */
  private awsSurroundings(stage: Stage): NonNullable<ServiceSurroundings['aws']> {
    const read = (name: string) =>
      StringParameter.valueForStringParameter(this, names(stage).parameter(name));
    const subnets = Fn.split(',', read('network/private-subnets'));
    return {
      alarmTopic: Topic.fromTopicArn(this, 'Alarms', read('alarm-topic-arn')),
      vpc: Vpc.fromVpcAttributes(this, 'Vpc', {
        // Functions are placed by subnets and group alone.
        vpcId: 'not-used-here',
        availabilityZones: ['a', 'b'],
        privateSubnetIds: [Fn.select(0, subnets), Fn.select(1, subnets)],
        privateSubnetRouteTableIds: ['not-used-here', 'not-used-here'],
      }),
      securityGroup: SecurityGroup.fromSecurityGroupId(
        this,
        'FunctionsGroup',
        read('network/functions-group'),
        { mutable: false },
      ),
    };
  }

  private addApi(surroundings: ServiceSurroundings): void {
    const { stage } = surroundings;
    const accessLog = stage.onAws
      ? new LogGroup(this, 'AccessLog', {
          logGroupName: `/atlas/${stage.name}/api-access`,
          retention: stage.logRetentionDays,
        })
      : undefined;
    const api = new RestApi(this, 'Api', {
      restApiName: names(stage).function('api'),
      description: 'The Atlas ledger',
      endpointTypes: [EndpointType.REGIONAL],
      cloudWatchRole: stage.onAws,
      deployOptions: {
        stageName: 'api',
        throttlingRateLimit: 2_000,
        throttlingBurstLimit: 1_000,
        ...(accessLog === undefined
          ? {}
          : {
              tracingEnabled: true,
              loggingLevel: MethodLoggingLevel.ERROR,
              accessLogDestination: new LogGroupLogDestination(accessLog),
              accessLogFormat: AccessLogFormat.jsonWithStandardFields(),
            }),
      },
    });
    for (const row of endpoints) {
      const { function: handler } = new ServiceFunction(this, { ...surroundings, row });
      const integration = new LambdaIntegration(handler, { allowTestInvoke: false });
      api.root.resourceForPath(row.path).addMethod(row.method, integration);
    }
    addProblemResponses(api);
    if (stage.onAws) publish(this, stage, { 'api-stage-arn': api.deploymentStage.stageArn });
    new CfnOutput(this, 'ApiUrl', { value: api.url });
    acknowledge(api, {
      'AwsSolutions-APIG2': 'requests are validated in code, with a pointer to each mistake',
      'AwsSolutions-APIG3': 'the web ACL is associated by the edge stack, by name',
      'AwsSolutions-APIG4': 'tokens are verified in code, the same way on AWS and offline',
      'AwsSolutions-COG4': 'tokens are verified in code, the same way on AWS and offline',
      'AwsSolutions-APIG1': 'the emulators write no access logs; on AWS they are on',
      'AwsSolutions-APIG6': 'the emulators write no stage logs; on AWS they are on',
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]':
        'API Gateway writes its logs with the policy that AWS maintains for that',
      'Serverless-APIGWAccessLogging': 'the emulators write no access logs; on AWS they are on',
      'Serverless-APIGWXrayEnabled': 'the emulators have no tracing; on AWS it is on',
      'Serverless-APIGWStructuredLogging': 'access logs are JSON, by the standard fields',
    });
  }
}
