import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { endpoints } from '../../functions/manifest.ts';
import { acknowledge } from '../constructs/acknowledge.ts';
import { addProblemResponses } from '../constructs/problem-responses.ts';
import { publish } from '../constructs/publish.ts';
import { ServiceFunction, type ServiceSurroundings } from '../constructs/service-function.ts';
import { surroundingsIn } from '../constructs/surroundings.ts';
import type { Endpoints } from '../endpoints.ts';
import { names } from '../names.ts';
import type { Stage } from '../stage.ts';

export interface ServiceStackProps extends StackProps {
  readonly stage: Stage;
  /** Offline; on AWS they are read from SSM. */
  readonly endpoints?: Endpoints;
}

/** Portable: the API, and a function for every endpoint of the manifest. */
export class ServiceStack extends Stack {
  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    const { stage } = props;
    this.addApi(surroundingsIn(this, stage, props.endpoints));
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
