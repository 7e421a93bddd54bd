import * as z from 'zod';
import { httpEndpoint } from '../http-endpoint.ts';
import { assetCode } from '../schemas/primitives.ts';
import { assetSchema } from '../schemas/wire.ts';
import { ledger } from '../services/ledger.ts';

const PostAssetBody = z
  .strictObject({
    code: assetCode,
    scale: z
      .number()
      .int()
      .min(0)
      .max(18)
      .meta({ description: 'Digits after the decimal point', example: 2 }),
  })
  .meta({ id: 'PostAsset' });

/** POST /v1/assets: creates an asset, for ever; the same one again is accepted. */
export const handler = httpEndpoint('post-asset', {
  description:
    'Create an asset: what is counted, and with how many digits after the decimal point. It ' +
    'never changes; the same one again is accepted',
  body: PostAssetBody,
  answer: assetSchema,
  answerStatus: 201,
  problems: ['asset-conflict'],
  execute: ({ body, tenant, deadline }) => ledger().createAsset(tenant, body, { deadline }),
  respond: (asset) => ({ body: { code: asset.code, scale: asset.scale } }),
});
