import type { Checkpoints } from '@atlas/domain';
import { dynamoCheckpoints } from '@atlas/dynamodb';
import { awsConfig, balancesConfig } from '@atlas/runtime';
import { guardOf } from './guards.ts';
import { once } from './once.ts';

/** Where the consumers have come to. */
export const checkpoints = once(
  (): Checkpoints =>
    dynamoCheckpoints({
      table: balancesConfig().ATLAS_CHECKPOINTS_TABLE,
      region: awsConfig().AWS_REGION,
      endpoint: awsConfig().AWS_ENDPOINT_URL,
      guard: guardOf('dynamodb'),
    }),
);
