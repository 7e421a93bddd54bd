import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Access, Scope, SloTier } from '../../functions/manifest.ts';
import type { Endpoints } from '../endpoints.ts';
import { names } from '../names.ts';
import type { Stage } from '../stage.ts';
import { grantsOf } from './access.ts';
import { acknowledge } from './acknowledge.ts';
import { readSecrets } from './read-secrets.ts';
import type { SharedLayers } from './shared-layers.ts';
import { breakersGrant, metricsGrant, quotasGrant } from './table-grants.ts';
import { collectorLayers, tracingEnvironment } from './tracing.ts';

/** A row of the manifest, of whatever kind. */
export interface FunctionRow {
  readonly name: string;
  readonly access: readonly Access[];
  readonly slo: SloTier;
  readonly budgetMs: number;
  /** Endpoints only. */
  readonly scopes?: 'public' | readonly Scope[];
}

/** What all functions of a stack share. */
export interface ServiceSurroundings {
  readonly stage: Stage;
  readonly endpoints: Endpoints;
  readonly layers: SharedLayers;
  /** On AWS: the network from which databases are reached. */
  readonly aws?: {
    readonly vpc: IVpc;
    readonly securityGroup: ISecurityGroup;
  };
}

export interface ServiceFunctionProps extends ServiceSurroundings {
  readonly row: FunctionRow;
  /** Where events go that an asynchronous call could not handle. Default: none, for sync calls. */
  readonly failures?: IQueue;
}

const vpcAccess = 'service-role/AWSLambdaVPCAccessExecutionRole';
/** What Lambda needs beyond the handler's own budget, to answer before it is cut off. */
const marginSeconds = 2;

/** When Lambda cuts off a function with this budget. */
export const timeoutOf = (row: { readonly budgetMs: number }): Duration =>
  Duration.seconds(Math.ceil(row.budgetMs / 1_000) + marginSeconds);

/**
 * A Lambda function of the manifest. With it come the time-out, the log group, the tracing, and exactly
 * the permissions of its accesses. Its alarms stand in the stacks of the service levels, which have
 * those of every row of the manifest.
 */
export class ServiceFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, props: ServiceFunctionProps) {
    const { row, stage, endpoints, aws } = props;
    super(scope, row.name);
    const functionName = names(stage).function(row.name);

    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: names(stage).logGroup(row.name),
      retention: stage.logRetentionDays,
      removalPolicy: stage.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${functionName} may do`,
    });
    logGroup.grantWrite(role);

    const grants = row.access.map((access) => grantsOf(this, stage, endpoints)[access]());
    // Whoever depends on something shares what he learns of it.
    if (row.access.length > 0) grants.push(breakersGrant(this, stage));
    grants.push(metricsGrant(this, stage));
    const isOfTenants = row.scopes !== undefined && row.scopes !== 'public';
    if (isOfTenants) grants.push(quotasGrant(this, stage));
    for (const grant of grants) for (const one of grant.statements) role.addToPolicy(one);

    const readsCursors = row.access.includes('ledger:read');
    if (readsCursors && 'secretArn' in endpoints.signingKey) {
      const statements = readSecrets(this, stage, [endpoints.signingKey.secretArn]);
      for (const one of statements) role.addToPolicy(one);
    }
    if (aws !== undefined) {
      role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName(vpcAccess));
    }
    const { code, layers } = props.layers.codeOf(row.name);
    const reserved = stage.reservedConcurrency?.[row.slo];
    this.function = new LambdaFunction(this, 'Function', {
      functionName,
      runtime: Runtime.NODEJS_24_X,
      architecture: stage.onAws ? Architecture.ARM_64 : Architecture.X86_64,
      handler: 'index.handler',
      code,
      layers: [...layers, ...collectorLayers(this, stage)],
      role,
      logGroup,
      memorySize: 1_024,
      timeout: timeoutOf(row),
      tracing: stage.onAws ? Tracing.ACTIVE : Tracing.DISABLED,
      ...(reserved === undefined ? {} : { reservedConcurrentExecutions: reserved }),
      ...(props.failures === undefined ? {} : { deadLetterQueue: props.failures }),
      ...(aws === undefined ? {} : { vpc: aws.vpc, securityGroups: [aws.securityGroup] }),
      environment: {
        ATLAS_STAGE: stage.name,
        POWERTOOLS_SERVICE_NAME: 'atlas',
        POWERTOOLS_METRICS_NAMESPACE: 'Atlas',
        ...tracingEnvironment(stage, endpoints),
        // The runtime's certificates, which include those of RDS.
        ...(stage.onAws ? { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' } : {}),
        ...(endpoints.awsEndpoint === undefined ? {} : { AWS_ENDPOINT_URL: endpoints.awsEndpoint }),
        ...(isOfTenants ? authOf(endpoints) : {}),
        ...(readsCursors ? signingOf(endpoints) : {}),
        ...Object.assign({}, ...grants.map((grant) => grant.environment)),
      },
    });
    if (aws !== undefined) {
      acknowledge(this, { 'AwsSolutions-IAM5[Resource::*]': 'X-Ray knows no resources' });
    }
    for (const wildcard of grants.flatMap((grant) => grant.wildcards ?? [])) {
      const reason = 'the objects of one bucket, or the topics and groups of one cluster';
      acknowledge(this, { [`AwsSolutions-IAM5[${wildcard}]`]: reason });
    }
    acknowledge(this, {
      [`AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${vpcAccess}]`]:
        'network interfaces are managed in the one form that AWS maintains',
      'Serverless-LambdaDLQ': 'called synchronously or by an event source with a destination',
      'Serverless-LambdaTracing': 'the emulators have no tracing; on AWS it is active',
    });
  }
}

const authOf = (endpoints: Endpoints) => ({
  ATLAS_AUTH_ISSUER: endpoints.authIssuer,
  ATLAS_AUTH_AUDIENCE: endpoints.authAudience,
  ATLAS_AUTH_JWKS: endpoints.authJwks,
});

const signingOf = ({ signingKey }: Endpoints): Record<string, string> =>
  'value' in signingKey
    ? { ATLAS_SIGNING_KEY: signingKey.value }
    : { ATLAS_SIGNING_KEY_SECRET_ARN: signingKey.secretArn };
