import { setTimeout as sleep } from 'node:timers/promises';
import type { CallContext } from '@atlas/domain';
import { awsConfig, logStreamConfig } from '@atlas/runtime';
import { FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { awsCall } from '../aws-call.ts';
import { guardOf } from '../guards.ts';
import { once } from '../once.ts';

/** What the service takes at once; a third is left for how it counts bytes. */
const most = { records: 500, bytes: 2_700_000 } as const;
const attempts = 4;
const firstPauseMs = 100;

const client = once(() => {
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = awsConfig();
  return new FirehoseClient({
    region,
    maxAttempts: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
  });
});

/** In their order, as many at a time as may be put together. */
export const batchesOf = (documents: readonly string[]): readonly (readonly string[])[] => {
  const batches: string[][] = [];
  let bytes = 0;
  for (const document of documents) {
    const size = Buffer.byteLength(document);
    const last = batches.at(-1);
    if (last === undefined || last.length === most.records || bytes + size > most.bytes) {
      batches.push([document]);
      bytes = size;
    } else {
      last.push(document);
      bytes += size;
    }
  }
  return batches;
};

/** Puts those of a batch that the stream takes; answers with the others. */
const putSome = async (
  documents: readonly string[],
  context: CallContext,
): Promise<readonly string[]> => {
  const command = new PutRecordBatchCommand({
    DeliveryStreamName: logStreamConfig().ATLAS_LOGS_STREAM,
    Records: documents.map((document) => ({ Data: Buffer.from(document) })),
  });
  const { RequestResponses = [] } = await awsCall(guardOf('firehose'), context, (how) =>
    client().send(command, how),
  );
  return documents.filter((_document, i) => RequestResponses[i]?.RecordId === undefined);
};

/**
 * Puts every document on the stream as a record of its own, again where the stream was too busy. Throws when
 * some could not be put in time; others of them may have been, so whoever tries again puts them twice.
 */
export const putDocuments = async (
  documents: readonly string[],
  context: CallContext,
): Promise<void> => {
  for (const batch of batchesOf(documents)) {
    let left = batch;
    for (let attempt = 1; left.length > 0; attempt += 1) {
      left = await putSome(left, context);
      if (left.length === 0) break;
      if (attempt === attempts) throw new Error(`the stream did not take ${left.length} documents`);
      await sleep(firstPauseMs * 2 ** attempt);
    }
  }
};
