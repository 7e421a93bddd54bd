import { type CallContext, deadlineIn, type IntakeReference } from '@atlas/domain';
import { awsConfig, demandAtStart, intakeConfig } from '@atlas/runtime';
import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { awsCall } from './aws-call.ts';
import { guardOf } from './guards.ts';
import { once } from './once.ts';

demandAtStart(intakeConfig);

/** What a request waits for its message to be taken; the sweep sends what this cuts off. */
const announcingMs = 400;
/** SQS takes no more at once. */
const perBatch = 10;

const client = once(() => {
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = awsConfig();
  return new SQSClient({ region, maxAttempts: 1, ...(endpoint === undefined ? {} : { endpoint }) });
});

const bodyOf = ({ tenant, intakeId }: IntakeReference): string =>
  JSON.stringify({ tenant, intakeId });

/** The trace that the poster's is linked to: it posts many at once, which belong to as many traces. */
const attributesOf = (traceparent: string | undefined) =>
  traceparent === undefined
    ? {}
    : { MessageAttributes: { traceparent: { DataType: 'String', StringValue: traceparent } } };

/** Tells the poster of one. Throws where that is not done in a moment; then it may be told or not. */
export const announceIntake = async (
  intake: IntakeReference,
  { deadline, traceparent }: CallContext,
): Promise<void> => {
  const command = new SendMessageCommand({
    QueueUrl: intakeConfig().ATLAS_INTAKE_QUEUE_URL,
    MessageBody: bodyOf(intake),
    ...attributesOf(traceparent),
  });
  const { atUnixMs } = deadlineIn(Date.now(), announcingMs);
  const soon = { atUnixMs: Math.min(atUnixMs, deadline.atUnixMs) };
  const { tenant } = intake;
  await awsCall(guardOf('sqs'), { deadline: soon, tenant }, (how) => client().send(command, how));
};

/** Tells the poster of these, and answers with those that the queue took. Throws where it takes none. */
export const announceIntakes = async (
  intakes: readonly IntakeReference[],
  context: CallContext,
): Promise<readonly IntakeReference[]> => {
  const taken: IntakeReference[] = [];
  for (let from = 0; from < intakes.length; from += perBatch) {
    const some = intakes.slice(from, from + perBatch);
    const command = new SendMessageBatchCommand({
      QueueUrl: intakeConfig().ATLAS_INTAKE_QUEUE_URL,
      Entries: some.map((intake, i) => ({
        Id: String(i),
        MessageBody: bodyOf(intake),
        ...attributesOf(context.traceparent),
      })),
    });
    const { Successful = [] } = await awsCall(guardOf('sqs'), context, (how) =>
      client().send(command, how),
    );
    for (const { Id } of Successful) {
      const intake = some[Number(Id)];
      if (intake !== undefined) taken.push(intake);
    }
  }
  return taken;
};
