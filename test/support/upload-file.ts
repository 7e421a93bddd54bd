import { createHash } from 'node:crypto';
import type { ApiClient } from './api-client.ts';

/** Announces a file and sends it, as a caller does. Answers with the id of the upload. */
export const uploadFile = async (
  client: ApiClient,
  content: string | Uint8Array<ArrayBuffer>,
  contentType = 'text/csv',
): Promise<string> => {
  const { status, body } = await client.post('/v1/uploads', {
    fileName: 'statement',
    contentType,
    contentLength: Buffer.byteLength(content),
    checksumSha256: createHash('sha256').update(content).digest('base64'),
  });
  if (status !== 201) throw new Error(`no upload: ${JSON.stringify(body)}`);
  const sent = await fetch(body.url, { method: 'PUT', headers: body.headers, body: content });
  if (!sent.ok) throw new Error(`the upload was not taken: ${await sent.text()}`);
  return body.uploadId;
};
