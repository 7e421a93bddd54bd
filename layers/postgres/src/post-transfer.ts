import {
  accepted,
  type CallContext,
  homePartition,
  type Outcome,
  type PostTransfer,
  partitionOfId,
  type RequestIdentity,
  type Transfer,
} from '@atlas/domain';
import { bindAtHome } from './bind-key.ts';
import { newId } from './new-id.ts';
import { parseWritten } from './parse-written.ts';
import { AccountPlaces, mentionedAccounts, postedTransfer } from './posted-transfer.ts';
import { isOutOfRange } from './postgres-failure.ts';
import { refusalOfShape } from './refusal-of-shape.ts';
import type { Router } from './router.ts';
import { statements } from './statements.ts';
import { readTransfer } from './transfers.ts';
import { refusalOf, refusalToJson, type Written } from './written.ts';

/** One round trip; two where the rows belong to another shard than the tenant's home. */
export const postTransfer = async (
  router: Router,
  who: RequestIdentity,
  command: PostTransfer,
  context: CallContext,
): Promise<Outcome<Transfer>> => {
  const [first] = command.postings;
  if (first === undefined) throw new RangeError('a transfer needs a posting');
  const born = partitionOfId(first.debitAccountId);
  const home = homePartition(who.tenant);
  const refusal = refusalOfShape(router, command.postings);
  const touched = new AccountPlaces();
  const sides = command.postings.map((posting) => touched.add(posting));
  const accounts = touched.accounts();
  // Other shards' partitions cannot be held here, and a transfer that is refused needs none of them.
  const dataPartitions = refusal === null ? accounts.map((id) => partitionOfId(id)) : [born];
  const away = router.shardOf(born) !== router.shardOf(home);
  if (away) {
    const answer = await bindAtHome(router, who, { home, bound: born }, context);
    if (answer !== undefined) return answer;
  }
  const keyPartition = away ? born : home;
  const route = router.route([born, keyPartition, ...dataPartitions]);
  const transferId = newId(born);
  const call = { deadline: context.deadline, effect: 'write' } as const;
  const guards = [who.tenant, who.keyHash, who.requestHash, keyPartition];
  const metadata = Object.keys(command.metadata).length === 0 ? null : command.metadata;
  const trace = context.traceparent ?? null;

  const many = () =>
    route.shard.run<WrittenRow>(
      statements.postMany,
      [
        ...guards,
        route.partitions,
        route.epochs,
        born,
        transferId,
        accounts,
        sides.map(([debit]) => debit),
        sides.map(([, credit]) => credit),
        command.postings.map((posting) => posting.amountMinor),
        command.reference,
        metadata,
        command.effectiveAt,
        trace,
        refusal === null ? null : refusalToJson(refusal),
      ],
      call,
    );
  const one = async (): Promise<Written[]> => {
    const rows = await route.shard.run<{ readonly written: string }>(
      statements.postOne,
      [
        ...guards,
        born,
        partitionOfId(first.creditAccountId),
        ...(route.partitions.length === 1
          ? [route.epochs[0], null, null]
          : [null, route.partitions, route.epochs]),
        transferId,
        first.debitAccountId,
        first.creditAccountId,
        first.amountMinor,
        command.reference,
        metadata,
        trace,
      ],
      call,
    );
    return rows.map((row) => parseWritten(row.written));
  };
  const isCommonest =
    refusal === null && command.postings.length === 1 && command.effectiveAt === null;
  const [written] = !isCommonest
    ? await many()
    : await one().catch((error) => {
        // The short path leaves sums beyond bigint to the general one, which names the refusal.
        if (isOutOfRange(error)) return many();
        throw error;
      });
  return outcomeOf(router, who.tenant, command, written, context);
};

type WrittenRow = Written & Record<string, unknown>;

const outcomeOf = async (
  router: Router,
  tenant: string,
  command: PostTransfer,
  written: Written | undefined,
  context: CallContext,
): Promise<Outcome<Transfer>> => {
  if (written === undefined) throw new Error('the posting function answered nothing');
  const refusal = refusalOf(written);
  if (refusal !== undefined) return refusal;
  const transferId = written.transfer_id ?? '';
  if (written.outcome === 'replayed') {
    const transfer = await readTransfer(router, tenant, transferId, context);
    if (transfer === undefined) throw new Error(`transfer ${transferId} has a key and no row`);
    return accepted(transfer, true);
  }
  const { figures, assets, recorded_at: recordedAt } = written;
  if (!figures || !assets || !recordedAt) {
    throw new Error('the posting function answered in part');
  }
  const accounts = mentionedAccounts(command.postings);
  const assetOf = new Map(accounts.map((accountId, i) => [accountId, assets[i] ?? '']));
  return accepted(postedTransfer(transferId, command, { recordedAt, figures, assetOf }));
};
