import type { BalanceView } from '@atlas/domain';
import { dynamoBalanceView } from '@atlas/dynamodb';
import { awsConfig, balancesConfig, demandAtStart } from '@atlas/runtime';
import { guardOf } from './guards.ts';
import { once } from './once.ts';

demandAtStart(balancesConfig);

/** The read model of balances. */
export const balanceView = once(
  (): BalanceView =>
    dynamoBalanceView({
      table: balancesConfig().ATLAS_BALANCES_TABLE,
      region: awsConfig().AWS_REGION,
      endpoint: awsConfig().AWS_ENDPOINT_URL,
      guard: guardOf('dynamodb'),
    }),
);
