import { deadlineIn } from '@atlas/domain';
import { background } from '../background.ts';
import { jobs } from '../manifest.ts';
import { holdExpiry } from '../services/hold-expiry.ts';
import { rowOf } from '../services/row-of.ts';

const settings = rowOf(jobs, 'expire-holds');
const perRound = 200;
/** What one round may take: a hold takes milliseconds, and one that waits for a lock two seconds. */
const roundMs = 10_000;

/** Releases what holds reserve after their time, round by round, until none is due. */
export const handler = background(settings, async (_event: unknown, run) => {
  const total = { expired: 0, failed: 0 };
  for (let more = true; more && !run.signal.aborted; ) {
    const deadline = deadlineIn(Date.now(), roundMs);
    const { expired, failed } = await holdExpiry().expireDue(perRound, {
      deadline,
      traceparent: run.traceparent,
    });
    total.expired += expired;
    total.failed += failed;
    more = expired > 0 && failed === 0;
  }
  run.count('HoldsExpired', total.expired);
  run.count('HoldExpiryFailures', total.failed);
  run.note(total);
  return total;
});
