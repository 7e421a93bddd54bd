import { type AuditAnchors, anchorKey, parseAnchor } from '@atlas/domain';
import { auditConfig, demandAtStart } from '@atlas/runtime';
import { GetObjectCommand, NoSuchKey, PutObjectCommand } from '@aws-sdk/client-s3';
import { once } from './once.ts';
import { s3Client } from './s3-client.ts';

demandAtStart(auditConfig);

/**
 * Anchors in the object-locked bucket: one object a shard, of which each anchor is a version. The bucket
 * keeps every version until its time is over, whoever asks it to delete one.
 */
export const auditAnchors = once((): AuditAnchors => {
  const { ATLAS_ANCHORS_BUCKET: Bucket } = auditConfig();
  return {
    async latest(shard) {
      try {
        const found = await s3Client().send(
          new GetObjectCommand({ Bucket, Key: anchorKey(shard) }),
        );
        return parseAnchor((await found.Body?.transformToString()) ?? '');
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async put(anchor) {
      await s3Client().send(
        new PutObjectCommand({
          Bucket,
          Key: anchorKey(anchor.shard),
          Body: JSON.stringify(anchor),
          ContentType: 'application/json',
        }),
      );
    },
  };
});
