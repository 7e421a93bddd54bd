import {
  accepted,
  type BatchItem,
  type BatchResult,
  type CallContext,
  type HoldChange,
  type Outcome,
  refused,
  type Transfer,
} from '@atlas/domain';
import { ledger } from './ledger.ts';

/** What a request of its own would be answered now: a batch of it, of which nothing is kept. */
const rehearse = async (
  tenant: string,
  item: BatchItem,
  context: CallContext,
): Promise<Outcome<BatchResult | undefined>> => {
  const outcome = await ledger().previewBatch(tenant, { atomic: true, items: [item] }, context);
  if (outcome.kind === 'accepted') return accepted(outcome.value[0]);
  const { refusal } = outcome;
  return refused(refusal.code === 'batch-item-refused' ? refusal.refusal : refusal);
};

export const rehearseTransfer = async (
  tenant: string,
  item: BatchItem & { readonly type: 'transfer' | 'reversal' },
  context: CallContext,
): Promise<Outcome<Transfer>> => {
  const outcome = await rehearse(tenant, item, context);
  if (outcome.kind === 'refused') return outcome;
  if (outcome.value?.type !== 'transfer') throw new Error(`${item.type} made no transfer`);
  return accepted(outcome.value.transfer);
};

export const rehearseHold = async (
  tenant: string,
  item: BatchItem & { readonly type: 'hold' | 'capture' | 'void' },
  context: CallContext,
): Promise<Outcome<HoldChange>> => {
  const outcome = await rehearse(tenant, item, context);
  if (outcome.kind === 'refused') return outcome;
  if (outcome.value?.type !== 'hold') throw new Error(`${item.type} changed no hold`);
  return accepted(outcome.value.change);
};
