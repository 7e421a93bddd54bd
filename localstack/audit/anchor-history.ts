import { type AuditAnchor, parseAnchor } from '@atlas/domain';
import { GetObjectCommand, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';

/** One version of an object of anchors, or what stands in the place of one. */
export type StoredAnchor =
  | { readonly kind: 'anchor'; readonly name: string; readonly anchor: AuditAnchor }
  | { readonly kind: 'deleted' | 'unreadable'; readonly name: string };

/**
 * Every version of every anchor that the bucket has kept, one at a time, newest first for each shard.
 * A deletion, which hides the object and removes none of its versions, is one of them.
 */
export async function* anchorHistory(
  client: S3Client,
  Bucket: string,
): AsyncGenerator<StoredAnchor> {
  let marker: { KeyMarker?: string; VersionIdMarker?: string } = {};
  for (;;) {
    const page = await client.send(
      new ListObjectVersionsCommand({ Bucket, Prefix: 'heads/', ...marker }),
    );
    for (const { Key = '', VersionId = '' } of page.DeleteMarkers ?? []) {
      yield { kind: 'deleted', name: `${Key} ${VersionId}` };
    }
    for (const { Key = '', VersionId = '' } of page.Versions ?? []) {
      const name = `${Key} ${VersionId}`;
      const found = await client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
      const text = (await found.Body?.transformToString()) ?? '';
      yield stored(name, text);
    }
    if (page.IsTruncated !== true) return;
    marker = {
      ...(page.NextKeyMarker === undefined ? {} : { KeyMarker: page.NextKeyMarker }),
      ...(page.NextVersionIdMarker === undefined
        ? {}
        : { VersionIdMarker: page.NextVersionIdMarker }),
    };
  }
}

const stored = (name: string, text: string): StoredAnchor => {
  try {
    return { kind: 'anchor', name, anchor: parseAnchor(text) };
  } catch {
    return { kind: 'unreadable', name };
  }
};
