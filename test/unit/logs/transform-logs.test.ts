import type { Context, FirehoseTransformationEvent } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { answerRecords, mostAnswerBytes } from '../../../functions/services/logs/answer-records.ts';
import { type FakeFirehose, fakeFirehose } from '../../support/fake-firehose.ts';
import { linesWrittenBy, logRecord } from '../../support/log-lines.ts';

const group = '/aws/lambda/atlas-prod-post-transfer';
const context = { awsRequestId: 'r-1', getRemainingTimeInMillis: () => 30_000 } as Context;

let stream: FakeFirehose;
let transform: typeof import('../../../functions/transforms/transform-logs.ts')['handler'];
/** What the function itself wrote, the last time. */
let written: readonly string[] = [];

beforeAll(async () => {
  stream = await fakeFirehose();
  for (const [name, value] of Object.entries({
    ATLAS_STAGE: 'prod',
    ATLAS_LOGS_STREAM: 'atlas-prod-logs',
    AWS_ENDPOINT_URL: stream.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  })) {
    vi.stubEnv(name, value);
  }
  ({ handler: transform } = await import('../../../functions/transforms/transform-logs.ts'));
});
afterEach(() => {
  stream.batches.length = 0;
  stream.busyFor = 0;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await stream.close();
});

const transformed = async (data: readonly string[]) => {
  const records = data.map((one, i) => ({
    recordId: `record-${i}`,
    approximateArrivalTimestamp: 0,
    data: one,
  }));
  const event = { records } as unknown as FirehoseTransformationEvent;
  let result: Awaited<ReturnType<typeof transform>> | undefined;
  written = await linesWrittenBy(async () => {
    result = await transform(event, context);
  });
  return (result?.records ?? []).map(({ recordId, result: what, data: made }) => ({
    recordId,
    result: what,
    message: made === undefined ? undefined : JSON.parse(atob(made)).message,
  }));
};

const messages = (batches: readonly (readonly string[])[]): readonly string[] =>
  batches.flat().map((document) => JSON.parse(document).message);

describe('the transformation', () => {
  it('answers for every record, in its order, with one document, and puts the others back', async () => {
    const records = await transformed([
      logRecord(group, ['one', 'two', 'three']),
      logRecord(group, [], 'CONTROL_MESSAGE'),
      logRecord(group, ['four']),
      btoa('nothing that anybody sent'),
    ]);
    expect(records).toEqual([
      { recordId: 'record-0', result: 'Ok', message: 'one' },
      { recordId: 'record-1', result: 'Dropped', message: undefined },
      { recordId: 'record-2', result: 'Ok', message: 'four' },
      { recordId: 'record-3', result: 'ProcessingFailed', message: undefined },
    ]);
    expect(messages(stream.batches)).toEqual(['two', 'three']);
  });

  it('loses nothing and doubles nothing when what was put back comes by', async () => {
    const lines = Array.from({ length: 1_200 }, (_, i) => `line ${i}`);
    const first = await transformed([logRecord(group, lines)]);
    const again = stream.batches.flat().map((document) => btoa(document));
    expect(stream.batches.every(({ length }) => length <= 500)).toBe(true);
    stream.batches.length = 0;
    const second = await transformed(again);
    expect(stream.batches).toEqual([]);
    expect([...first, ...second].map(({ message }) => message)).toEqual(lines);
  });

  it('tries again what a busy stream did not take', async () => {
    stream.busyFor = 2;
    const records = await transformed([logRecord(group, ['one', 'two', 'three'])]);
    expect(records).toMatchObject([{ result: 'Ok' }]);
    expect(messages(stream.batches).toSorted()).toEqual(['three', 'two']);
  });

  it('gives up for a record whose lines the stream does not take, and not for the others', async () => {
    stream.busyFor = 1_000;
    const records = await transformed([
      logRecord(group, ['one', 'two']),
      logRecord(group, ['three']),
    ]);
    expect(records).toMatchObject([{ result: 'ProcessingFailed' }, { result: 'Ok' }]);
    const told = written.map((line) => JSON.parse(line));
    expect(told).toContainEqual(
      expect.objectContaining({ message: 'documents could not be put on the stream again' }),
    );
    expect(told).toContainEqual(expect.objectContaining({ LogRecordsFailed: 1, LogDocuments: 1 }));
  });
});

describe('the answer', () => {
  it('has room for so much, and what finds none is put back instead', () => {
    const line = 'x'.repeat(mostAnswerBytes / 4);
    const outcomes = ['a', 'b', 'c', 'd'].map((recordId) => ({
      recordId,
      kind: 'documents' as const,
      lines: [line, recordId],
    }));
    const { records, putAgain } = answerRecords(outcomes);
    expect(JSON.stringify(records).length).toBeLessThan(6_000_000);
    expect(records.map(({ result }) => result)).toEqual(['Ok', 'Ok', 'Dropped', 'Dropped']);
    expect(putAgain.map(({ recordId, lines }) => [recordId, lines.length])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 2],
      ['d', 2],
    ]);
  });
});
