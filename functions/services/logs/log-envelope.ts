import { gunzipSync } from 'node:zlib';
import * as z from 'zod';

/** What CloudWatch Logs sends of one log group at a time, compressed. */
const envelope = z.object({
  messageType: z.enum(['DATA_MESSAGE', 'CONTROL_MESSAGE']),
  logGroup: z.string(),
  logStream: z.string(),
  logEvents: z.array(z.object({ id: z.string(), timestamp: z.number(), message: z.string() })),
});

export type LogEnvelope = z.output<typeof envelope>;
export type LogEvent = LogEnvelope['logEvents'][number];

/** A record of Firehose has at most 1,000 KiB; text of log lines becomes no more than so much of it. */
const mostBytes = 64 * 1_024 * 1_024;

export const isCompressed = (data: Buffer): boolean => data[0] === 0x1f && data[1] === 0x8b;

/** Throws where it is none. */
export const readEnvelope = (data: Buffer): LogEnvelope => {
  const text = gunzipSync(data, { maxOutputLength: mostBytes }).toString('utf8');
  return envelope.parse(JSON.parse(text));
};
