import { awsConfig, webhookWorkerConfig } from '@atlas/runtime';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { once } from './once.ts';

const client = once(() => {
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = awsConfig();
  return new LambdaClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 500, requestTimeout: 1_000 },
  });
});

/**
 * Starts deliver-webhooks now rather than at its next minute. Only a convenience: what is queued is
 * committed, so a nudge that fails costs up to a minute, and is answered with its error.
 */
export const nudgeWorker = async (): Promise<Error | undefined> => {
  const { ATLAS_WEBHOOK_WORKER: FunctionName } = webhookWorkerConfig();
  if (FunctionName === undefined) return undefined;
  try {
    await client().send(new InvokeCommand({ FunctionName, InvocationType: 'Event' }));
    return undefined;
  } catch (error) {
    return error as Error;
  }
};
