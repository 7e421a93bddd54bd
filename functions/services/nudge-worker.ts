import type { CallContext } from '@atlas/domain';
import { awsConfig, webhookWorkerConfig } from '@atlas/runtime';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { awsCall } from './aws-call.ts';
import { guardOf } from './guards.ts';
import { once } from './once.ts';

const client = once(() => {
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = awsConfig();
  return new LambdaClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 1,
  });
});

/**
 * Starts deliver-webhooks now rather than at its next minute. Only a convenience: what is queued is
 * committed, so a nudge that fails costs up to a minute, and is answered with its error.
 */
export const nudgeWorker = async (context: CallContext): Promise<Error | undefined> => {
  const { ATLAS_WEBHOOK_WORKER: FunctionName } = webhookWorkerConfig();
  if (FunctionName === undefined) return undefined;
  try {
    const command = new InvokeCommand({ FunctionName, InvocationType: 'Event' });
    await awsCall(guardOf('lambda'), context, (how) => client().send(command, how));
    return undefined;
  } catch (error) {
    return error as Error;
  }
};
