import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { names } from '../names.ts';
import type { Stage } from '../stage.ts';
import type { Grant } from './access.ts';

const ofTable = (scope: Construct, tableName: string, actions: readonly string[]) =>
  new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [
      Stack.of(scope).formatArn({
        service: 'dynamodb',
        resource: 'table',
        resourceName: tableName,
      }),
    ],
  });

/** The table in which functions tell one another of dependencies that are down. */
export const breakersGrant = (scope: Construct, stage: Stage): Grant => {
  const { breakersTable } = names(stage);
  return {
    environment: { ATLAS_BREAKERS_TABLE: breakersTable },
    statements: [ofTable(scope, breakersTable, ['GetItem', 'UpdateItem', 'DeleteItem'])],
  };
};

/** The table from which endpoints lease what a tenant may ask for. */
export const quotasGrant = (scope: Construct, stage: Stage): Grant => {
  const { quotasTable } = names(stage);
  return {
    environment: {
      ATLAS_QUOTAS_TABLE: quotasTable,
      ATLAS_QUOTA_PER_SECOND: String(stage.quota.perSecond),
      ATLAS_QUOTA_BURST: String(stage.quota.burst),
    },
    statements: [ofTable(scope, quotasTable, ['UpdateItem'])],
  };
};

/** The table in which functions add up what they count. */
export const metricsGrant = (scope: Construct, stage: Stage): Grant => {
  const { metricsTable } = names(stage);
  return {
    environment: {
      ATLAS_METRICS_TABLE: metricsTable,
      // Emulators read no metrics from logs.
      ...(stage.onAws ? {} : { ATLAS_METRICS_EMULATED: 'true' }),
    },
    statements: [ofTable(scope, metricsTable, ['UpdateItem'])],
  };
};

/** Reads what the fleet counted, and which dependencies it leaves alone. */
export const readMetricsGrant = (scope: Construct, stage: Stage): Grant => {
  const { metricsTable, breakersTable } = names(stage);
  return {
    environment: {},
    statements: [metricsTable, breakersTable].map((table) => ofTable(scope, table, ['Scan'])),
  };
};
