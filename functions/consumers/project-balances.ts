import type { BalanceChange } from '@atlas/domain';
import { decodeEvent } from '@atlas/kafka';
import { streamConsumer } from '../background.ts';
import { consumers } from '../manifest.ts';
import { balanceView } from '../services/balance-view.ts';
import { checkpoints } from '../services/checkpoints.ts';
import { rowOf } from '../services/row-of.ts';

const settings = rowOf(consumers, 'project-balances');

/** `ledger.account.v1` → the read model of balances, guarded by each account's version. */
export const handler = streamConsumer({
  ...settings,
  checkpoints,
  apply: async (record, run) => {
    const message = decodeEvent(record.topic, record);
    if (message.type === 'TransferPosted') return 'ignored';
    const change = { type: message.type, event: message.data } as BalanceChange;
    return (await balanceView().apply(change, run)) ? 'applied' : 'ignored';
  },
});
