import type { RequestIdentity } from '@atlas/domain';
import { demandAtStart, uploadsConfig } from '@atlas/runtime';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { s3Client } from './s3-client.ts';
import { uploadsKey } from './uploads-key.ts';

demandAtStart(uploadsConfig);

const lifetimeSeconds = 900;

export interface FileToUpload {
  readonly fileName: string;
  readonly contentType: string;
  readonly contentLength: number;
  readonly checksumSha256: string;
}

/**
 * A presigned PUT under the tenant's prefix. The id comes from the idempotency key, so a repeat
 * after a crash finds the same place; S3 refuses a body of other length or checksum.
 */
export const prepareUpload = async (who: RequestIdentity, file: FileToUpload) => {
  const uploadId = who.keyHash;
  const expiresAt = new Date(Date.now() + lifetimeSeconds * 1_000).toISOString();
  const url = await getSignedUrl(
    s3Client(),
    new PutObjectCommand({
      Bucket: uploadsConfig().ATLAS_UPLOADS_BUCKET,
      Key: uploadsKey(who.tenant, uploadId),
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
