import { accepted } from '@atlas/domain';
import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { text, time } from '../schemas/primitives.ts';
import { prepareUpload } from '../services/uploads.ts';

const PostUploadBody = z
  .strictObject({
    fileName: text(255).meta({ example: 'journal.csv' }),
    contentType: z.enum([
      'application/json',
      'application/x-ndjson',
      'application/xml',
      'text/csv',
    ]),
    contentLength: z
      .number()
      .int()
      .min(1)
      .max(5 * 1024 ** 3)
      .meta({ description: 'Bytes, exactly as many as will be sent', example: 1_024 }),
    checksumSha256: z
      .string()
      .regex(/^[A-Za-z0-9+/]{43}=$/, 'is not a SHA-256 in base64')
      .meta({
        example: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
        override: { minLength: 44, maxLength: 44 },
      }),
  })
  .meta({ id: 'PostUpload' });

const Upload = z
  .object({
    uploadId: z
      .string()
      .max(32)
      .regex(/^[0-9a-f]{32}$/)
      .meta({ example: '5d41402abc4b2a76b9719d911017c592' }),
    url: z
      .url()
      .max(8_192)
      .meta({ example: 'https://uploads.example.com/acme/5d41402a?X-Amz-Signature=0a1b' }),
    method: z.literal('PUT'),
    headers: z
      .record(z.string().max(128), z.string().max(4_096))
      .meta({ example: { 'Content-Type': 'text/csv', 'Content-Length': '1024' } }),
    expiresAt: time,
  })
  .meta({ id: 'Upload', description: 'Send the file to the URL, with these headers' });

/** POST /v1/uploads: a place under the tenant's own prefix to which one file may be sent. */
export const handler = httpEndpoint('post-upload', {
  description:
    'Prepare the upload of one file: a presigned address that takes it within 15 minutes, of ' +
    'exactly the length and checksum that were announced',
  body: PostUploadBody,
  answer: Upload,
  answerStatus: 201,
  problems: [],
  execute: async ({ body, who }) => accepted(await prepareUpload(who, body)),
  respond: (upload) => ({ body: upload }),
});
