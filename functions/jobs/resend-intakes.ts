import { deadlineIn } from '@atlas/domain';
import { background } from '../background.ts';
import { jobs } from '../manifest.ts';
import { announceIntakes } from '../services/intake-queue.ts';
import { intakeSweep } from '../services/intake-sweep.ts';
import { rowOf } from '../services/row-of.ts';

const perRound = 500;
const roundMs = 10_000;

/**
 * Announces again what was accepted and still waits: the message was never sent, or failed too often. It
 * is sent before that is noted, so that what dies in between is sent twice rather than never.
 */
export const handler = background(rowOf(jobs, 'resend-intakes'), async (_event: unknown, run) => {
  const sent = new Set<string>();
  for (let more = true; more && !run.signal.aborted; ) {
    const context = { deadline: deadlineIn(Date.now(), roundMs) };
    const due = await intakeSweep().due(perRound, context);
    // What is being posted at this moment stays due, and is not sent again for that.
    const fresh = due.filter(({ intakeId }) => !sent.has(intakeId));
    const taken = await announceIntakes(fresh, run);
    await intakeSweep().resent(taken, context);
    for (const { intakeId } of taken) sent.add(intakeId);
    more = taken.length > 0 && taken.length === fresh.length;
  }
  const resent = sent.size;
  const depth = await intakeSweep().depth({ deadline: deadlineIn(Date.now(), roundMs) });
  run.count('IntakesResent', resent);
  run.count('IntakesWaiting', depth.waiting);
  run.count('IntakesFailing', depth.failing);
  run.durationMs('IntakeOldestAgeMs', depth.oldestAgeMs);
  run.note({ resent, ...depth });
  return { resent, ...depth };
});
