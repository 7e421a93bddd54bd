import type { Deadline } from '@atlas/domain';
import { demandAtStart, uploadsConfig } from '@atlas/runtime';
import { GetObjectCommand, NoSuchKey } from '@aws-sdk/client-s3';
import { awsCall } from './aws-call.ts';
import { guardOf } from './guards.ts';
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
  const command = new GetObjectCommand({
    Bucket: uploadsConfig().ATLAS_UPLOADS_BUCKET,
    Key: uploadsKey(tenant, uploadId),
    // One byte more tells that there are more; no upload is empty.
    Range: `bytes=0-${most}`,
  });
  try {
    const bytes = await awsCall(guardOf('s3'), { deadline, tenant }, async (how) => {
      const { Body } = await s3Client().send(command, how);
      return (await Body?.transformToByteArray()) ?? new Uint8Array();
    });
    return bytes.length > most ? { kind: 'too-large' } : { kind: 'read', bytes };
  } catch (error) {
    if (error instanceof NoSuchKey) return { kind: 'not-found' };
    throw error;
  }
};
