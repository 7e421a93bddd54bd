import { type Deadline, Fault, remainingMs } from '@atlas/domain';
import { demandAtStart, uploadsConfig } from '@atlas/runtime';
import { GetObjectCommand, NoSuchKey } from '@aws-sdk/client-s3';
import { s3Client } from './s3-client.ts';
import { uploadsKey } from './uploads-key.ts';

demandAtStart(uploadsConfig);

export type ReadUpload =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'too-large' };

/**
 * The content of a file that the tenant uploaded, unless it has more than `most` bytes. Throws `Fault` where
 * S3 does not answer within the deadline, or at all.
 */
export const readUpload = async (
  tenant: string,
  uploadId: string,
  most: number,
  deadline: Deadline,
): Promise<ReadUpload> => {
  const inTime = AbortSignal.timeout(remainingMs(deadline, Date.now()));
  try {
    const { Body } = await s3Client().send(
      new GetObjectCommand({
        Bucket: uploadsConfig().ATLAS_UPLOADS_BUCKET,
        Key: uploadsKey(tenant, uploadId),
        // One byte more tells that there are more; no upload is empty.
        Range: `bytes=0-${most}`,
      }),
      { abortSignal: inTime },
    );
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    return bytes.length > most ? { kind: 'too-large' } : { kind: 'read', bytes };
  } catch (error) {
    if (error instanceof NoSuchKey) return { kind: 'not-found' };
    throw inTime.aborted
      ? new Fault('deadline-exceeded', 'the upload was not read in time', { cause: error })
      : new Fault('dependency-unavailable', 'the upload cannot be read', { cause: error });
  }
};
