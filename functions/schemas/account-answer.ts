import type { Account } from '@atlas/domain';
import { type EndpointAnswer, entityTag } from '@atlas/runtime';
import { accountWire } from './wire.ts';

export const accountHeaders = { ETag: 'The version of the metadata, for If-Match' };

/** An account, with the tag of what can be changed of it. */
export const accountAnswer = (
  account: Account,
  headers: Readonly<Record<string, string>> = {},
): EndpointAnswer => ({
  headers: { ETag: entityTag(account.metadataVersion), ...headers },
  body: accountWire(account),
});
