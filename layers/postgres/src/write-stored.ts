import { accepted, type CallContext, type Outcome, type RequestIdentity } from '@atlas/domain';
import type { Router } from './router.ts';
import { type Write, writeRequest } from './write-request.ts';

/** Runs a write, and makes its answer of the JSON that is stored under the key. */
export const writeStored = async <Stored, Value>(
  router: Router,
  who: RequestIdentity,
  write: Write,
  read: (stored: Stored) => Value,
  context: CallContext,
): Promise<Outcome<Value>> => {
  const outcome = await writeRequest(router, who, write, context);
  if (outcome.kind === 'refused') return outcome;
  return accepted(read(JSON.parse(outcome.value.detail ?? '')), outcome.replayed);
};
