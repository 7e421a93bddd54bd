import { Fn, type Stack } from 'aws-cdk-lib';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { awsEndpoints, type Endpoints } from '../endpoints.ts';
import { names } from '../names.ts';
import type { Stage } from '../stage.ts';
import type { ServiceSurroundings } from './service-function.ts';
import { SharedLayers } from './shared-layers.ts';

/** What the functions of a stack share. `endpoints`: offline; on AWS they are read from SSM. */
export const surroundingsIn = (
  stack: Stack,
  stage: Stage,
  endpoints: Endpoints | undefined,
): ServiceSurroundings => ({
  stage,
  endpoints: endpoints ?? awsEndpoints(stack, stage),
  layers: new SharedLayers(stack, 'Layers', stage),
  ...(stage.onAws ? { aws: awsSurroundings(stack, stage) } : {}),
});

/** Found by parameters, since the stacks that make them do not exist offline. */
const awsSurroundings = (stack: Stack, stage: Stage): NonNullable<ServiceSurroundings['aws']> => {
  const read = (name: string) =>
    StringParameter.valueForStringParameter(stack, names(stage).parameter(name));
  const subnets = Fn.split(',', read('network/private-subnets'));
  return {
    vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
      // Functions are placed by subnets and group alone.
      vpcId: 'not-used-here',
      availabilityZones: ['a', 'b'],
      privateSubnetIds: [Fn.select(0, subnets), Fn.select(1, subnets)],
      privateSubnetRouteTableIds: ['not-used-here', 'not-used-here'],
    }),
    securityGroup: SecurityGroup.fromSecurityGroupId(
      stack,
      'FunctionsGroup',
      read('network/functions-group'),
      { mutable: false },
    ),
  };
};
