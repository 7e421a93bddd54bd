import { background, stageConfig } from '@atlas/runtime';
import type {
  FirehoseTransformationEvent,
  FirehoseTransformationResult,
  FirehoseTransformationResultRecord,
} from 'aws-lambda';
import { transforms } from '../manifest.ts';
import { answerRecords, type Outcome } from '../services/logs/answer-records.ts';
import { putDocuments } from '../services/logs/delivery-stream.ts';
import { transformRecord } from '../services/logs/transform-record.ts';
import { rowOf } from '../services/row-of.ts';

const settings = rowOf(transforms, 'transform-logs');

const countOf = (
  records: readonly FirehoseTransformationResultRecord[],
  wanted: FirehoseTransformationResultRecord['result'],
): number => records.filter(({ result }) => result === wanted).length;

/**
 * Makes of what CloudWatch Logs sent one document a line: what may leave, redacted. OpenSearch takes one
 * document a record, and a record has many lines: the first takes the record's place, the others are put on
 * the same stream, where they come by again and pass as they are. A record that cannot be read fails by
 * itself, and goes to the bucket of failures as it came.
 */
export const handler = background(
  settings,
  async (event: FirehoseTransformationEvent, run): Promise<FirehoseTransformationResult> => {
    const { ATLAS_STAGE: stage } = stageConfig();
    const outcomes = event.records.map(({ recordId, data }): Outcome => {
      try {
        const lines = transformRecord(stage, Buffer.from(data, 'base64'));
        return { recordId, kind: 'documents', lines };
      } catch (error) {
        run.fault('a log record could not be read', error);
        return { recordId, kind: 'failed' };
      }
    });
    const { records, putAgain } = answerRecords(outcomes);
    let answered = records;
    try {
      await putDocuments(
        putAgain.flatMap(({ lines }) => lines),
        { deadline: run.deadline },
      );
    } catch (error) {
      run.fault('documents could not be put on the stream again', error);
      const lost = new Set(putAgain.map(({ recordId }) => recordId));
      answered = records.map((one) =>
        lost.has(one.recordId) ? { recordId: one.recordId, result: 'ProcessingFailed' } : one,
      );
    }
    const failed = countOf(answered, 'ProcessingFailed');
    const documents = countOf(answered, 'Ok');
    run.count('LogDocuments', documents);
    run.count('LogRecordsFailed', failed);
    run.note({ records: answered.length, documents, failed });
    return { records: [...answered] };
  },
);
