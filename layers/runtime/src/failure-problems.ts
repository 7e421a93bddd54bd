import {
  Fault,
  type FaultCode,
  type Refusal,
  type StatementFlaw,
  type UrlRefusal,
} from '@atlas/domain';
import {
  type FieldError,
  Problem,
  type ProblemCode,
  type ProblemMembers,
  problemKinds,
  problemType,
} from './problem.ts';

type Explain<R extends Refusal> = (refusal: R) => {
  readonly detail: string;
  readonly members?: ProblemMembers;
  readonly errors?: readonly FieldError[];
};

const urlAdvice: Readonly<Record<UrlRefusal, string>> = {
  malformed: 'The url is not an absolute address.',
  scheme: 'The url must begin with https.',
  credentials: 'The url must not carry a name or a password.',
  unresolvable: 'The name in the url does not resolve to an address.',
  address: 'The url leads to an address that is not public.',
};

/** What is wrong in the file of an upload. */
const inUpload = (flaws: readonly StatementFlaw[]): FieldError[] =>
  flaws.map((flaw) => ({ pointer: '/uploadId', ...flaw }));

/**
 * From refusal to problem, one row a code: a new refusal does not compile until it has its row. A
 * refusal's code is its problem's code, so the compiler also demands that the registry knows it.
 */
const explanations: {
  readonly [Code in Refusal['code'] & ProblemCode]: Explain<Extract<Refusal, { code: Code }>>;
} & Record<Refusal['code'], unknown> = {
  'account-not-found': ({ accountId }) => ({
    detail: `There is no account ${accountId}.`,
    members: { accountId },
  }),
  'asset-not-found': ({ asset }) => ({
    detail: `There is no asset "${asset}". Create it first with POST /v1/assets.`,
    members: { asset },
  }),
  'asset-conflict': ({ asset, existingScale }) => ({
    detail: `The asset "${asset}" exists with scale ${existingScale}; assets never change.`,
    members: { asset, existingScale },
  }),
  'asset-mismatch': ({ debitAccountId, creditAccountId }) => ({
    detail: 'Both accounts of a posting must hold the same asset.',
    members: { debitAccountId, creditAccountId },
  }),
  'same-account': ({ accountId }) => ({
    detail: 'A posting must debit one account and credit another.',
    members: { accountId },
  }),
  'account-closed': ({ accountId }) => ({
    detail: `The account ${accountId} is closed, for good.`,
    members: { accountId },
  }),
  'account-frozen': ({ accountId }) => ({
    detail: `The account ${accountId} is frozen.`,
    members: { accountId },
  }),
  'account-not-empty': ({ accountId }) => ({
    detail: `The account ${accountId} can be closed once nothing is left on it, posted or pending.`,
    members: { accountId },
  }),
  'metadata-version-mismatch': ({ accountId, metadataVersion }) => ({
    detail: `Somebody changed the metadata of ${accountId}. Read it again, and send its ETag as If-Match.`,
    members: { accountId, metadataVersion },
  }),
  'too-much-metadata': ({ accountId, pairs }) => ({
    detail: `The account ${accountId} would have ${pairs} pairs of metadata; it may have 50.`,
    members: { accountId, pairs },
  }),
  'insufficient-funds': ({ accountId, availableMinor, minBalanceMinor }) => ({
    detail: `The account ${accountId} would fall below its least balance; nothing was moved.`,
    members: { accountId, available: `${availableMinor}`, minBalance: `${minBalanceMinor}` },
  }),
  'balance-limit-exceeded': ({ accountId, balanceMinor, maxBalanceMinor }) => ({
    detail: `The account ${accountId} would rise above its greatest balance; nothing was moved.`,
    members: { accountId, balance: `${balanceMinor}`, maxBalance: `${maxBalanceMinor}` },
  }),
  'amount-overflow': ({ accountId }) => ({
    detail: `What the account ${accountId} has moved in total would no longer fit into 64 bits.`,
    members: { accountId },
  }),
  'cross-shard-transfer': ({ accountIds }) => ({
    detail: 'These accounts live on different shards, and a transfer cannot cross shards.',
    members: { accountIds },
  }),
  'hold-not-found': ({ holdId }) => ({
    detail: `There is no hold ${holdId}.`,
    members: { holdId },
  }),
  'hold-settled': ({ holdId, status }) => ({
    detail: `The hold ${holdId} is ${status}; it reserves nothing any more.`,
    members: { holdId, holdStatus: status },
  }),
  'capture-exceeds-hold': ({ holdId, remainingMinor }) => ({
    detail: `The hold ${holdId} reserves less than what was to be captured; nothing was moved.`,
    members: { holdId, remaining: `${remainingMinor}` },
  }),
  'as-of-before-opening': ({ accountId, openedAt }) => ({
    detail: `The account ${accountId} was opened later. Its first balance is that of openedAt.`,
    members: { accountId, openedAt: openedAt.toISOString() },
  }),
  'as-of-in-future': () => ({
    detail:
      'What will be recorded by then is not known. Leave asOf out to read the latest balance.',
  }),
  'expiry-passed': () => ({
    detail: 'The time at which the hold would expire has passed; nothing was reserved.',
  }),
  'transfer-not-found': ({ transferId }) => ({
    detail: `There is no transfer ${transferId}.`,
    members: { transferId },
  }),
  'already-reversed': ({ transferId, reversalId }) => ({
    detail: `The transfer ${transferId} was taken back by ${reversalId}.`,
    members: { transferId, reversalId },
  }),
  'cross-shard-batch': () => ({
    detail: 'What this item is about lives on another shard than what the first item is about.',
  }),
  'batch-item-refused': ({ item, refusal }) => ({
    detail: `Item ${item} (counted from 0) was refused; nothing of the batch was done.`,
    members: { item, reason: refusalBody(refusal) },
  }),
  'webhook-url-refused': ({ reason }) => ({ detail: urlAdvice[reason], members: { reason } }),
  'webhook-endpoint-not-found': ({ endpointId }) => ({
    detail: `There is no webhook endpoint ${endpointId}.`,
    members: { endpointId },
  }),
  'monitor-not-found': ({ monitorId }) => ({
    detail: `There is no monitor ${monitorId}.`,
    members: { monitorId },
  }),
  'delivery-not-found': ({ deliveryId }) => ({
    detail: `There is no delivery ${deliveryId}.`,
    members: { deliveryId },
  }),
  'delivery-pending': ({ deliveryId }) => ({
    detail: `The delivery ${deliveryId} waits to be sent already.`,
    members: { deliveryId },
  }),
  'subscription-limit-reached': ({ what, limit }) => ({
    detail: `There are ${limit} ${what} already, and more are not allowed. Delete one first.`,
    members: { what, limit },
  }),
  'upload-not-found': ({ uploadId }) => ({
    detail: `There is no upload ${uploadId}, or nothing was sent to it. Uploads live for 30 days.`,
    members: { uploadId },
  }),
  'reconciliation-not-found': ({ reconciliationId }) => ({
    detail: `There is no reconciliation ${reconciliationId}.`,
    members: { reconciliationId },
  }),
  'statement-too-large': ({ what, most }) => ({
    detail: `A statement may have ${most} ${what}. Send it in parts.`,
    members: { what, most },
  }),
  'statement-unreadable': ({ flaws }) => ({
    detail:
      'The statement is not what was announced; errors names the lines. Nothing was compared.',
    errors: inUpload(flaws),
  }),
  'statement-currency-mismatch': ({ asset, flaws }) => ({
    detail: `The account holds ${asset}, and the statement has amounts of something else.`,
    members: { asset },
    errors: inUpload(flaws),
  }),
  'statement-too-precise': ({ asset, scale, flaws }) => ({
    detail: `Amounts of ${asset} have ${scale} decimals, and the statement has amounts with more.`,
    members: { asset, scale },
    errors: inUpload(flaws),
  }),
  'statement-period-too-busy': ({ accountId, most }) => ({
    detail: `The account ${accountId} has more than ${most} entries in that period. Send a shorter one.`,
    members: { accountId, most },
  }),
  'idempotency-key-in-flight': () => ({
    detail: 'A request with this Idempotency-Key is under way. Ask again for its answer.',
  }),
  'idempotency-key-reused': () => ({
    detail: 'This Idempotency-Key was used for another request. Use a new key for a new request.',
  }),
};

/** A refusal inside an answer that is about more than it: a problem without what belongs to a request. */
export const refusalBody = (refusal: Refusal): Readonly<Record<string, unknown>> => {
  const { code, detail, members } = problemOfRefusal(refusal);
  const { status, title, retryable } = problemKinds[code];
  return { type: problemType(code), title, status, detail, code, retryable, ...members };
};

export const problemOfRefusal = (refusal: Refusal): Problem => {
  const explain = explanations[refusal.code] as Explain<Refusal>;
  const { detail, members, errors } = explain(refusal);
  const inFlight = refusal.code === 'idempotency-key-in-flight';
  return new Problem(refusal.code, detail, {
    ...(errors === undefined ? {} : { errors }),
    ...(members === undefined ? {} : { members }),
    ...(inFlight ? { retryAfterSeconds: 1 } : {}),
  });
};

const faults: Readonly<Record<FaultCode, { readonly code: ProblemCode; readonly detail: string }>> =
  {
    'dependency-unavailable': {
      code: 'dependency-unavailable',
      detail: 'A part that this needs cannot be reached. Nothing happened; try again.',
    },
    'deadline-exceeded': {
      code: 'deadline-exceeded',
      detail: 'The deadline passed, and nothing happened. Try again.',
    },
    'unknown-outcome': {
      code: 'unknown-outcome',
      detail: 'It may have happened. Repeat it with the same Idempotency-Key to find out.',
    },
    'stale-route': {
      code: 'overloaded',
      detail: 'The data is being moved. Nothing happened; try again.',
    },
    overloaded: {
      code: 'overloaded',
      detail: 'Too much is going on at once. Nothing happened; try again.',
    },
  };

/** The answer to anything thrown: what is neither a problem nor a fault is a defect. */
export const problemOfError = (error: unknown): Problem => {
  if (error instanceof Problem) return error;
  if (error instanceof Fault) {
    const { code, detail } = faults[error.code];
    return new Problem(code, detail, { retryAfterSeconds: 1, cause: error });
  }
  const detail = 'The request hit a defect. It is logged under its requestId.';
  return new Problem('internal', detail, { cause: error });
};
