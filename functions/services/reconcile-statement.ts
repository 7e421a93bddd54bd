import {
  type Asset,
  type CallContext,
  type MatchingRules,
  maxReconciledEntries,
  maxStatementBytes,
  type NewReconciliation,
  type Outcome,
  type Reconciliation,
  type Refusal,
  type RequestIdentity,
  reconcile,
} from '@atlas/domain';
import { ledger } from './ledger.ts';
import { readUpload } from './read-upload.ts';
import { readStatement, type StatementReading, tooManyBytes } from './statements/read-statement.ts';

export type ReconcileStatement = StatementReading & {
  readonly accountId: string;
  readonly uploadId: string;
  readonly rules: MatchingRules;
};

/** Reads the statement and the entries, and compares them. Changes nothing. */
const compare = async (
  tenant: string,
  command: ReconcileStatement,
  asset: Asset,
  context: CallContext,
): Promise<NewReconciliation | Refusal> => {
  const { accountId, uploadId, format, rules, inverted } = command;
  const upload = await readUpload(tenant, uploadId, maxStatementBytes, context.deadline);
  if (upload.kind === 'not-found') return { code: 'upload-not-found', uploadId };
  if (upload.kind === 'too-large') return tooManyBytes;
  const statement = readStatement(upload.bytes, command, asset);
  if ('code' in statement) return statement;
  const { period, lines } = statement;
  const days = {
    from: period.from - rules.dateWindowDays,
    to: period.to + rules.dateWindowDays,
  };
  const found = await ledger().reconciliations.entriesWithin(tenant, accountId, days, context);
  if (found === undefined) {
    return { code: 'statement-period-too-busy', accountId, most: maxReconciledEntries };
  }
  const { accountVersion, entries } = found;
  const items = reconcile(lines, entries, period, rules);
  return { uploadId, format, rules, inverted, period, accountVersion, items };
};

/**
 * Compares an uploaded statement with the posted entries of an account, and stores what came out, or why
 * nothing did, under the key. A repeat is answered from there, whatever has become of the upload.
 */
export const reconcileStatement = async (
  who: RequestIdentity,
  command: ReconcileStatement,
  context: CallContext,
): Promise<Outcome<Reconciliation>> => {
  const { reconciliations } = ledger();
  const { accountId } = command;
  const begun = await reconciliations.begin(who, accountId, context);
  if (begun.kind === 'answered') return begun.outcome;
  const result: NewReconciliation | Refusal =
    begun.asset === undefined
      ? { code: 'account-not-found', accountId }
      : await compare(who.tenant, command, begun.asset, context);
  return reconciliations.record(who, accountId, result, context);
};
