import { type Checkpoints, Fault, remainingMs } from '@atlas/domain';
import type { Context, MSKEvent, MSKRecord } from 'aws-lambda';
import { type BackgroundRun, type BackgroundSurroundings, background } from './background.ts';
import { inSpan } from './tracing/scope.ts';

/** One record of a topic, decoded from AWS's form. */
export interface StreamRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the topic: where it differs, offsets have started over. */
  readonly incarnation: string;
}

export interface StreamConsumer {
  readonly name: string;
  readonly group: string;
  readonly budgetMs: number;
  readonly checkpoints: () => Checkpoints;
  /** Makes the record's effect. It may come again: the effect must bear that. */
  readonly apply: (record: StreamRecord, run: BackgroundRun) => Promise<'applied' | 'ignored'>;
  /** After each batch, whatever became of it. */
  readonly afterBatch?: (run: BackgroundRun) => Promise<void>;
}

/** What Lambda reads as a partial failure of a Kafka batch (ReportBatchItemFailures). */
export interface BatchAnswer {
  readonly batchItemFailures: readonly {
    readonly itemIdentifier: { readonly partition: string; readonly offset: number };
  }[];
}

/**
 * A Lambda consumer of a Kafka event source. Each partition's records are applied in order; the
 * first that fails is reported, and nothing after it is touched, so order holds when the rest comes
 * again. The checkpoint follows the effect: offsets below it are skipped, gaps are accepted.
 */
export const streamConsumer = (
  consumer: StreamConsumer,
  surroundings?: BackgroundSurroundings,
): ((event: MSKEvent, context: Context) => Promise<BatchAnswer>) => {
  const consume = async (event: MSKEvent, run: BackgroundRun): Promise<BatchAnswer> => {
    const partitions = await Promise.all(
      Object.entries(event.records).map(([place, records]) =>
        consumePartition(consumer, place, records, incarnationOf(event), run),
      ),
    );
    const failed = partitions.flatMap(({ failedAt }) => failedAt ?? []);
    const sum = (of: 'applied' | 'ignored') => partitions.reduce((all, p) => all + p[of], 0);
    run.count('RecordsApplied', sum('applied'));
    run.count('RecordsIgnored', sum('ignored'));
    run.count('RecordsFailed', failed.length);
    run.handled({ all: sum('applied') + sum('ignored') + failed.length, failed: failed.length });
    run.note({ applied: sum('applied'), ignored: sum('ignored'), failed: failed.length });
    await consumer.afterBatch?.(run);
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
  return background(consumer, consume, surroundings);
};

/** A cluster that is made anew starts its offsets over; its ARN (offline: its brokers) differs. */
const incarnationOf = (event: MSKEvent): string =>
  event.eventSourceArn ?? event.bootstrapServers ?? '';

const consumePartition = async (
  consumer: StreamConsumer,
  place: string,
  records: readonly MSKRecord[],
  incarnation: string,
  run: BackgroundRun,
) => {
  const counts = { applied: 0, ignored: 0 };
  const [first] = records;
  if (first === undefined) return { ...counts, failedAt: undefined };
  const { topic, partition } = first;
  const position = { group: consumer.group, topic, partition, incarnation };
  const failure = (record: MSKRecord) => ({ partition: place, offset: record.offset });
  let next: bigint;
  try {
    next = await patiently(run, () => consumer.checkpoints().read(position, run));
  } catch (error) {
    run.fault('the checkpoint cannot be read', error);
    return { ...counts, failedAt: failure(first) };
  }
  let failedAt: ReturnType<typeof failure> | undefined;
  for (const record of records) {
    if (BigInt(record.offset) < next) {
      counts.ignored += 1;
      continue;
    }
    const decoded = decode(record, incarnation);
    try {
      counts[await applyTraced(consumer, decoded, run)] += 1;
      next = BigInt(record.offset) + 1n;
    } catch {
      // It was told of where it is known which trace it belongs to.
      failedAt = failure(record);
      break;
    }
  }
  try {
    await consumer.checkpoints().advance(position, next, run);
  } catch (error) {
    // The effects stand, and come again guarded: without the checkpoint nothing is lost.
    run.fault('the checkpoint cannot be written', error);
  }
  return { ...counts, failedAt };
};

/**
 * Within a span of the trace that the record belongs to, linked to the run that handles it among others: what
 * goes wrong is told under the trace of the request that caused it.
 */
const applyTraced = (
  consumer: StreamConsumer,
  record: StreamRecord,
  run: BackgroundRun,
): Promise<'applied' | 'ignored'> => {
  const { topic, partition, offset } = record;
  const span = {
    name: `${consumer.name} ${topic}`,
    kind: 'consumer',
    parent: record.headers.traceparent,
    links: [run.traceparent],
    attributes: {
      'messaging.system': 'kafka',
      'messaging.destination.name': topic,
      'messaging.kafka.offset': Number(offset),
    },
  } as const;
  return inSpan(span, async () => {
    try {
      run.signal.throwIfAborted();
      return await patiently(run, () => consumer.apply(record, run));
    } catch (error) {
      run.fault('a record failed', error, { topic, partition, offset: Number(offset) });
      throw error;
    }
  });
};

const firstPauseMs = 100;
const longestPauseMs = 2_000;

/**
 * A dependency that does not answer says nothing of the records: it is tried again for as long as this run may
 * take, because the event source counts runs, and takes a record for poison after a few.
 */
const patiently = async <T>(run: BackgroundRun, call: () => Promise<T>): Promise<T> => {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    try {
      return await call();
    } catch (error) {
      const leftMs = remainingMs(run.deadline, Date.now());
      if (!(error instanceof Fault) || run.signal.aborted || leftMs <= pauseMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
};

const utf8 = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString();

const decode = (record: MSKRecord, incarnation: string): StreamRecord => ({
  incarnation,
  topic: record.topic,
  partition: record.partition,
  offset: BigInt(record.offset),
  key: utf8(record.key),
  value: utf8(record.value),
  headers: Object.fromEntries(
    record.headers.flatMap((header) =>
      Object.entries(header).map(([name, bytes]) => [name, Buffer.from(bytes).toString()]),
    ),
  ),
});
