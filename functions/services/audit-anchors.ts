import { type AuditAnchors, anchorKey, type CallContext, parseAnchor } from '@atlas/domain';
import { auditConfig, demandAtStart } from '@atlas/runtime';
import { GetObjectCommand, NoSuchKey, PutObjectCommand } from '@aws-sdk/client-s3';
import { awsCall } from './aws-call.ts';
import { guardOf } from './guards.ts';
import { s3Client } from './s3-client.ts';

demandAtStart(auditConfig);

/**
 * Anchors in the object-locked bucket: one object a shard, of which each anchor is a version. The bucket
 * keeps every version until its time is over, whoever asks it to delete one.
 */
export const auditAnchors = (context: CallContext): AuditAnchors => {
  const { ATLAS_ANCHORS_BUCKET: Bucket } = auditConfig();
  return {
    async latest(shard) {
      try {
        const command = new GetObjectCommand({ Bucket, Key: anchorKey(shard) });
        const text = await awsCall(guardOf('s3'), context, async (how) => {
          const { Body } = await s3Client().send(command, how);
          return (await Body?.transformToString()) ?? '';
        });
        return parseAnchor(text);
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async put(anchor) {
      const command = new PutObjectCommand({
        Bucket,
        Key: anchorKey(anchor.shard),
        Body: JSON.stringify(anchor),
        ContentType: 'application/json',
      });
      await awsCall(guardOf('s3'), context, (how) => s3Client().send(command, how));
    },
  };
};
