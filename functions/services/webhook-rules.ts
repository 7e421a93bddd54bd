import { demandAtStart, webhooksConfig } from '@atlas/runtime';
import { type DestinationRules, systemResolve } from './webhook-destination.ts';

demandAtStart(webhooksConfig);

/** Where webhooks may be sent to in this stage. */
export const webhookRules = (): DestinationRules => ({
  trusted: webhooksConfig().ATLAS_WEBHOOK_TRUSTED_ADDRESSES,
  resolve: systemResolve,
});
