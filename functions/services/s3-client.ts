import { awsConfig } from '@atlas/runtime';
import { S3Client } from '@aws-sdk/client-s3';
import { once } from './once.ts';

export const s3Client = once(() => {
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = awsConfig();
  return new S3Client({
    region,
    maxAttempts: 1,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
  });
});
