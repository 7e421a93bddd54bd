import { documentOf } from './document-of.ts';
import { documentForm, type LogDocument } from './log-document.ts';
import { isCompressed, readEnvelope } from './log-envelope.ts';

/** A document that was made before and put on the stream again: it is taken as it is. */
const isDocument = (text: string): boolean => {
  const { form } = JSON.parse(text) as Partial<LogDocument>;
  return form === documentForm;
};

/**
 * The documents in what CloudWatch Logs sent, one line of JSON each, in its order; none in what says nothing.
 * Throws for what is neither that nor a document: nothing passes that was not redacted.
 */
export const transformRecord = (stage: string, data: Buffer): readonly string[] => {
  if (!isCompressed(data)) {
    const text = data.toString('utf8');
    if (!isDocument(text)) throw new Error('it is neither a log record nor a document');
    return [text];
  }
  const { messageType, logGroup, logEvents } = readEnvelope(data);
  // Sent once, to see whether the stream can be reached.
  if (messageType === 'CONTROL_MESSAGE') return [];
  return logEvents
    .flatMap((event) => documentOf(stage, logGroup, event) ?? [])
    .map((document) => JSON.stringify(document));
};
