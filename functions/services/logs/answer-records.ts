import type { FirehoseTransformationResultRecord } from 'aws-lambda';

/** What was found in one record: documents, one a line, or that it cannot be read. */
export type Outcome =
  | { readonly recordId: string; readonly kind: 'failed' }
  | { readonly recordId: string; readonly kind: 'documents'; readonly lines: readonly string[] };

export interface Answer {
  readonly records: readonly FirehoseTransformationResultRecord[];
  /** Documents that found no place in the answer, by the record that they came in. */
  readonly putAgain: readonly { readonly recordId: string; readonly lines: readonly string[] }[];
}

/** An answer of Lambda has at most 6 MB; the rest is for what is around the documents. */
export const mostAnswerBytes = 5_000_000;

/**
 * The answer to Firehose: the first document of each record takes its place, as long as there is room.
 * A record of which nothing remains, or whose documents all have to be put on the stream again, is dropped.
 */
export const answerRecords = (outcomes: readonly Outcome[]): Answer => {
  let room = mostAnswerBytes;
  const putAgain: Answer['putAgain'][number][] = [];
  const records = outcomes.map((outcome): FirehoseTransformationResultRecord => {
    const { recordId } = outcome;
    if (outcome.kind === 'failed') return { recordId, result: 'ProcessingFailed' };
    const [first, ...others] = outcome.lines;
    if (first === undefined) return { recordId, result: 'Dropped' };
    const data = Buffer.from(first).toString('base64');
    const fits = data.length <= room;
    const again = fits ? others : outcome.lines;
    if (again.length > 0) putAgain.push({ recordId, lines: again });
    if (!fits) return { recordId, result: 'Dropped' };
    room -= data.length;
    return { recordId, result: 'Ok', data };
  });
  return { records, putAgain };
};
