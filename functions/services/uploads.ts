import type { RequestIdentity } from '@atlas/domain';
import { awsConfig, demandAtStart, uploadsConfig } from '@atlas/runtime';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { once } from './once.ts';

demandAtStart(uploadsConfig);

const lifetimeSeconds = 900;

export interface FileToUpload {
  readonly fileName: string;
  readonly contentType: string;
  readonly contentLength: number;
  readonly checksumSha256: string;
}

const client = once(() => {
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = awsConfig();
  return new S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
  });
});

/**
 * A presigned PUT under the tenant's prefix. The id comes from the idempotency key, so a repeat
 * after a crash finds the same place; S3 refuses a body of other length or checksum.
 */
export const prepareUpload = async (who: RequestIdentity, file: FileToUpload) => {
  const uploadId = who.keyHash;
  const expiresAt = new Date(Date.now() + lifetimeSeconds * 1_000).toISOString();
  const url = await getSignedUrl(
    client(),
    new PutObjectCommand({
      Bucket: uploadsConfig().ATLAS_UPLOADS_BUCKET,
      Key: `${who.tenant}/${uploadId}`,
      ContentType: file.contentType,
      ContentLength: file.contentLength,
      ChecksumSHA256: file.checksumSha256,
      Metadata: { name: encodeURIComponent(file.fileName) },
    }),
    {
      expiresIn: lifetimeSeconds,
      // As headers and signed, not hoisted into the query, so that S3 compares them with the body.
      unhoistableHeaders: new Set(['x-amz-checksum-sha256', 'x-amz-meta-name']),
      signableHeaders: new Set(['content-type', 'content-length', 'host']),
    },
  );
  const headers = {
    'Content-Type': file.contentType,
    'Content-Length': String(file.contentLength),
    'x-amz-checksum-sha256': file.checksumSha256,
    'x-amz-meta-name': encodeURIComponent(file.fileName),
  };
  return { uploadId, url, method: 'PUT' as const, headers, expiresAt };
};
