import { randomBytes } from 'node:crypto';
import { webhookSecret } from '@atlas/domain';
import { demandAtStart, sealSecret, webhooksConfig } from '@atlas/runtime';

demandAtStart(webhooksConfig);

const secretBytes = 32;

/** A new secret to sign with, sealed for the tenant's row. */
export const newSealedSecret = (tenant: string): Promise<string> =>
  sealSecret(tenant, webhookSecret(randomBytes(secretBytes)));
