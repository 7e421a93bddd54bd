import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A stream that takes documents, or not, over the protocol of Firehose on 127.0.0.1. */
export interface FakeFirehose {
  readonly url: string;
  /** What was put, call by call. */
  readonly batches: (readonly string[])[];
  /** How many of the next records it refuses, as a stream does that is too busy. */
  busyFor: number;
  close(): Promise<void>;
}

export const fakeFirehose = async (): Promise<FakeFirehose> => {
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { Records } = JSON.parse(Buffer.concat(parts).toString()) as {
      Records: { Data: string }[];
    };
    const taken: string[] = [];
    const RequestResponses = Records.map(({ Data }, i) => {
      if (fake.busyFor > 0) {
        fake.busyFor -= 1;
        return { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' };
      }
      taken.push(Buffer.from(Data, 'base64').toString());
      return { RecordId: `r${i}` };
    });
    fake.batches.push(taken);
    const FailedPutCount = Records.length - taken.length;
    response
      .writeHead(200, { 'Content-Type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify({ FailedPutCount, RequestResponses }));
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeFirehose = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    batches: [],
    busyFor: 0,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
};
