import {
  accepted,
  type CallContext,
  type Intake,
  type Intakes,
  type Outcome,
  type PostTransfer,
  partitionOfId,
  type RequestIdentity,
} from '@atlas/domain';
import { newId } from './new-id.ts';
import { openShards, type ShardOptions } from './open-shards.ts';
import { postIntakes } from './post-intakes.ts';
import { refusalOfShape } from './refusal-of-shape.ts';
import type { Router } from './router.ts';
import { statements } from './statements.ts';
import { writeRequest } from './write-request.ts';
import { refusalFromValue, refusalToJson } from './written.ts';

export interface PostgresIntakes extends Intakes {
  close(): Promise<void>;
}

/**
 * Intakes beside the accounts that they are about, so that posting one and settling it is one transaction.
 * For the role atlas_api; what belongs to different tenants is posted at the same time, over as many connections.
 */
export const postgresIntakes = (options: ShardOptions): PostgresIntakes => {
  const { to, close } = openShards(options);
  return {
    accept: (...call) => acceptIntake(to, ...call),
    read: (...call) => readIntake(to, ...call),
    post: (...call) => postIntakes(to, ...call),
    close,
  };
};

/** One round trip; two where the row belongs to another shard than the tenant's home. */
const acceptIntake = async (
  to: Router,
  who: RequestIdentity,
  { postings, reference, metadata, effectiveAt }: PostTransfer,
  context: CallContext,
): Promise<Outcome<Intake>> => {
  const [first] = postings;
  if (first === undefined) throw new RangeError('a transfer needs a posting');
  const born = partitionOfId(first.debitAccountId);
  const refusal = refusalOfShape(to, postings);
  const outcome = await writeRequest(
    to,
    who,
    {
      statement: statements.acceptIntake,
      values: [
        newId(born),
        born,
        postings.map(({ debitAccountId }) => debitAccountId),
        postings.map(({ creditAccountId }) => creditAccountId),
        postings.map(({ amountMinor }) => amountMinor),
        reference,
        Object.keys(metadata).length === 0 ? null : metadata,
        effectiveAt,
        refusal === null ? null : refusalToJson(refusal),
      ],
      partitions: [born],
    },
    context,
  );
  if (outcome.kind === 'refused') return outcome;
  const answer: { readonly intakeId: string; readonly acceptedAt: string } = JSON.parse(
    outcome.value.detail ?? '',
  );
  const intake: Intake = {
    intakeId: answer.intakeId,
    status: 'accepted',
    acceptedAt: new Date(answer.acceptedAt),
    settledAt: null,
    transferId: null,
    refusal: null,
    failedAttempts: 0,
  };
  return accepted(intake, outcome.replayed);
};

interface IntakeRow extends Record<string, unknown> {
  readonly intake_id: string;
  readonly accepted_at: Date;
  readonly settled_at: Date | null;
  readonly attempts: number;
  readonly status: string;
  readonly transfer_id: string | null;
  readonly refusal: Readonly<Record<string, unknown>> | null;
}

const statusOf: Readonly<Record<string, Intake['status']>> = {
  a: 'accepted',
  p: 'posted',
  r: 'refused',
};

const readIntake = async (
  to: Router,
  tenant: string,
  intakeId: string,
  { deadline }: CallContext,
): Promise<Intake | undefined> => {
  const [row] = await to
    .shardOfId(intakeId)
    .run<IntakeRow>(statements.readIntake, [tenant, intakeId], { deadline, effect: 'read' });
  if (row === undefined) return undefined;
  const status = statusOf[row.status];
  if (status === undefined) throw new Error(`no status of an intake "${row.status}"`);
  return {
    intakeId: row.intake_id,
    status,
    acceptedAt: row.accepted_at,
    settledAt: row.settled_at,
    transferId: row.transfer_id,
    refusal: row.refusal === null ? null : refusalFromValue(row.refusal),
    failedAttempts: row.attempts,
  };
};
