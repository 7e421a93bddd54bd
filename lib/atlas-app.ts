import {
  type App,
  CliCredentialsStackSynthesizer,
  type IStackSynthesizer,
  type Stack,
  type StackProps,
  Tags,
} from 'aws-cdk-lib';
import type { SloTier } from '../functions/manifest.ts';
import { readLocalEndpoints } from './endpoints.ts';
import { names } from './names.ts';
import { type Objective, objectivesOf } from './slo/objectives.ts';
import { readSlo } from './slo/slo-file.ts';
import { AlarmsStack } from './stacks/alarms-stack.ts';
import { BackgroundStack } from './stacks/background-stack.ts';
import { CacheStack } from './stacks/cache-stack.ts';
import { DashboardsStack } from './stacks/dashboards-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { EdgeStack } from './stacks/edge-stack.ts';
import { IdentityStack } from './stacks/identity-stack.ts';
import { LogsStack } from './stacks/logs-stack.ts';
import { MigrationsStack } from './stacks/migrations-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { OperationsStack } from './stacks/operations-stack.ts';
import { SearchStack } from './stacks/search-stack.ts';
import { ServiceLevelsStack } from './stacks/service-levels-stack.ts';
import { ServiceStack } from './stacks/service-stack.ts';
import { ShardsStack } from './stacks/shards-stack.ts';
import { StreamStack } from './stacks/stream-stack.ts';
import type { AwsStage, Stage } from './stage.ts';

/** Adds the stacks of a stage to the app, in the order in which data flows through them. */
export const addStacks = (
  app: App,
  stage: Stage,
  options: { readonly localEndpointsFile?: string | undefined } = {},
): void => {
  const named = (name: string) => names(stage).stack(name);
  if (!stage.onAws) {
    // No bootstrap stack is needed: whoever deploys uses his own credentials and one bucket.
    const props = () => ({
      stage,
      synthesizer: new CliCredentialsStackSynthesizer() as IStackSynthesizer,
    });
    const data = new DataStack(app, named('data'), props());
    const endpoints = readLocalEndpoints(options.localEndpointsFile);
    const background = new BackgroundStack(app, named('background'), { ...props(), endpoints });
    background.addStackDependency(data);
    const service = new ServiceStack(app, named('service'), { ...props(), endpoints });
    service.addStackDependency(background);
  } else {
    addAwsStacks(app, stage);
  }
  Tags.of(app).add('application', 'atlas');
  Tags.of(app).add('stage', stage.name);
};

/** Each depends on those before it: they hand on what they make through SSM parameters. */
const addAwsStacks = (app: App, stage: AwsStage): void => {
  const named = (name: string) => names(stage).stack(name);
  const props = { stage, ...(stage.env === undefined ? {} : { env: stage.env }) };
  const network = new NetworkStack(app, named('network'), props);
  const inNetwork = { ...props, vpc: network.vpc, securityGroup: network.data };
  const stacks: readonly Stack[] = [
    new AlarmsStack(app, named('alarms'), props),
    network,
    new ShardsStack(app, named('shards'), inNetwork),
    new StreamStack(app, named('stream'), inNetwork),
    new CacheStack(app, named('cache'), inNetwork),
    new IdentityStack(app, named('identity'), props),
    new DataStack(app, named('data'), props),
    new MigrationsStack(app, named('migrations'), {
      ...props,
      vpc: network.vpc,
      securityGroup: network.functions,
    }),
    new BackgroundStack(app, named('background'), props),
    new ServiceStack(app, named('service'), props),
    new EdgeStack(app, named('edge'), props),
    new OperationsStack(app, named('operations'), props),
    ...logStacks(app, props, network),
    ...serviceLevelStacks(app, props),
  ];
  for (const [i, stack] of stacks.entries()) {
    const before = stacks[i - 1];
    if (before !== undefined) stack.addStackDependency(before);
  }
};

/** Where a stage wants them: the search domain, and what brings log lines there. */
const logStacks = (
  app: App,
  props: StackProps & { readonly stage: AwsStage },
  { vpc, functions }: NetworkStack,
): readonly Stack[] => {
  const named = (name: string) => names(props.stage).stack(name);
  const { logAggregation } = props.stage;
  if (logAggregation === undefined) return [];
  const wanted = { ...props, logAggregation, vpc };
  return [
    new SearchStack(app, named('search'), { ...wanted, functions }),
    new LogsStack(app, named('logs'), { ...wanted, securityGroup: functions }),
  ];
};

/** The stacks of the service levels, by where their functions stand, and the dashboards. */
const serviceLevelStacks = (
  app: App,
  props: StackProps & { readonly stage: AwsStage },
): readonly Stack[] => {
  const named = (name: string) => names(props.stage).stack(name);
  const slo = readSlo();
  const objectives = objectivesOf(slo);
  const endpointsOf = (tier: SloTier) =>
    objectives.filter((one) => one.kind === 'endpoint' && one.tier === tier);
  const groups: Readonly<Record<string, readonly Objective[]>> = {
    'slo-critical': endpointsOf('critical'),
    'slo-default': endpointsOf('default'),
    'slo-non-critical': endpointsOf('non-critical'),
    'slo-background': objectives.filter(({ kind }) => kind !== 'endpoint'),
  };
  return [
    ...Object.entries(groups).map(
      ([name, group]) =>
        new ServiceLevelsStack(app, named(name), { ...props, slo, objectives: group }),
    ),
    new DashboardsStack(app, named('dashboards'), { ...props, slo, objectives }),
  ];
};
