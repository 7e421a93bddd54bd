import type { Stage } from './stage.ts';

/**
 * Predictable names. Stacks find each other's things by name or through SSM parameters, never by
 * reference, so that a portable stack deploys where the AWS-only ones do not exist.
 */
export const names = (stage: Stage) => {
  const prefix = `atlas-${stage.name}`;
  return {
    stack: (name: string) => `${prefix}-${name}`,
    function: (name: string) => `${prefix}-${name}`,
    logGroup: (name: string) => `/aws/lambda/${prefix}-${name}`,
    balancesTable: `${prefix}-balances`,
    checkpointsTable: `${prefix}-checkpoints`,
    idempotencyTable: `${prefix}-idempotency`,
    breakersTable: `${prefix}-breakers`,
    quotasTable: `${prefix}-quotas`,
    metricsTable: `${prefix}-metrics`,
    failuresQueue: `${prefix}-failures`,
    queue: (name: string) => `${prefix}-${name}`,
    deadLetterQueue: (name: string) => `${prefix}-${name}-dead`,
    uploadsBucket: (account: string) => `${prefix}-uploads-${account}`,
    logsBucket: (account: string) => `${prefix}-logs-${account}`,
    logsStream: `${prefix}-logs`,
    anchorsBucket: (account: string) => `${prefix}-audit-anchors-${account}`,
    /** SSM parameters under which AWS-only stacks publish what portable ones need. */
    parameter: (name: string) => `/atlas/${stage.name}/${name}`,
  };
};
