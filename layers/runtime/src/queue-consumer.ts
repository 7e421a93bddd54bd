import { type CallContext, deadlineIn, type SpanOptions } from '@atlas/domain';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type * as z from 'zod';
import { type BackgroundRun, type BackgroundSurroundings, background } from './background.ts';
import { inSpan } from './tracing/scope.ts';

export interface QueueConsumer<Message extends object> {
  readonly name: string;
  readonly budgetMs: number;
  readonly message: z.ZodType<Message>;
  /**
   * Handles messages together, and answers with the reason for each that failed. It may come again, and
   * the same may come twice at once: the effect must bear that.
   */
  readonly apply: (
    messages: readonly Message[],
    context: CallContext,
    run: BackgroundRun,
  ) => Promise<ReadonlyMap<Message, unknown>>;
}

/**
 * A Lambda consumer of an SQS event source with ReportBatchItemFailures. What failed is named, comes again
 * after the queue's visibility time-out, and goes to the dead-letter queue in the end; everything else is
 * deleted. It never throws: a batch that fails as a whole is a batch of failures.
 */
export const queueConsumer = <Message extends object>(
  consumer: QueueConsumer<Message>,
  surroundings?: BackgroundSurroundings,
): ((event: SQSEvent, context: Context) => Promise<SQSBatchResponse>) => {
  const consume = async (event: SQSEvent, run: BackgroundRun): Promise<SQSBatchResponse> => {
    const failed = new Set<string>();
    const fail = ({ messageId }: SQSRecord, error: unknown) => {
      run.fault('a message failed', error, { messageId });
      failed.add(messageId);
    };
    const messages = new Map<SQSRecord, Message>();
    for (const record of event.Records) {
      try {
        messages.set(record, consumer.message.parse(JSON.parse(record.body)));
      } catch (error) {
        fail(record, error);
      }
    }
    try {
      const deadline = deadlineIn(Date.now(), consumer.budgetMs);
      const reasons = await inSpan(spanOf(consumer.name, [...messages.keys()]), ({ traceparent }) =>
        consumer.apply([...messages.values()], { deadline, traceparent }, run),
      );
      for (const [record, message] of messages) {
        if (reasons.has(message)) fail(record, reasons.get(message));
      }
    } catch (error) {
      for (const record of messages.keys()) fail(record, error);
    }
    run.count('MessagesHandled', event.Records.length - failed.size);
    run.count('MessagesFailed', failed.size);
    run.handled({ all: event.Records.length, failed: failed.size });
    run.note({ messages: event.Records.length, failed: failed.size });
    return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
  };
  return background(consumer, consume, surroundings);
};

/** Of the messages that are handled together, linked to those that each of them comes from. */
const spanOf = (consumer: string, records: readonly SQSRecord[]): SpanOptions => ({
  name: `${consumer} messages`,
  kind: 'consumer',
  links: records.flatMap(
    ({ messageAttributes }) => messageAttributes?.traceparent?.stringValue ?? [],
  ),
  attributes: { 'messaging.system': 'aws_sqs', 'messaging.batch.message_count': records.length },
});
