import type { Experiment } from './experiment.ts';

/** What AWS Fault Injection Service does to a deployment of a stage, where it can do the same. */
export interface FisAction {
  readonly actionId:
    | 'aws:lambda:invocation-add-delay'
    | 'aws:lambda:invocation-error'
    | 'aws:rds:failover-db-cluster'
    | 'aws:network:disrupt-connectivity';
  readonly parameters: Readonly<Record<string, string>>;
}

const targets = {
  'aws:lambda:invocation-add-delay': { key: 'Functions', resourceType: 'aws:lambda:function' },
  'aws:lambda:invocation-error': { key: 'Functions', resourceType: 'aws:lambda:function' },
  'aws:rds:failover-db-cluster': { key: 'Clusters', resourceType: 'aws:rds:cluster' },
  'aws:network:disrupt-connectivity': { key: 'Subnets', resourceType: 'aws:ec2:subnet' },
} as const;

/** What only the account knows. */
export interface FisSurroundings {
  readonly stage: string;
  /** The role that FIS takes on. */
  readonly roleArn: string;
  /** Ends the experiment: the alarm of an error budget, say. */
  readonly stopAlarmArn: string;
}

/** The input of CreateExperimentTemplate for an experiment; undefined where FIS has nothing like it. */
export const fisTemplate = (
  { name, hypothesis, fis }: Pick<Experiment<never>, 'name' | 'hypothesis' | 'fis'>,
  { stage, roleArn, stopAlarmArn }: FisSurroundings,
) => {
  if (fis === undefined) return undefined;
  const { key, resourceType } = targets[fis.actionId];
  return {
    description: `${name}: ${hypothesis}`.slice(0, 512),
    roleArn,
    stopConditions: [{ source: 'aws:cloudwatch:alarm', value: stopAlarmArn }],
    targets: {
      target: {
        resourceType,
        resourceTags: { application: 'atlas', stage },
        selectionMode: fis.actionId === 'aws:rds:failover-db-cluster' ? 'COUNT(1)' : 'ALL',
      },
    },
    actions: {
      inject: {
        actionId: fis.actionId,
        parameters: fis.parameters,
        targets: { [key]: 'target' },
      },
    },
    experimentOptions: { accountTargeting: 'single-account', emptyTargetResolutionMode: 'fail' },
    tags: { Name: `atlas-${stage}-${name}`, application: 'atlas', stage },
  };
};
