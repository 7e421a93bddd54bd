import { type IntakeReference, isId } from '@atlas/domain';
import * as z from 'zod';
import { queueConsumer } from '../background.ts';
import { queues } from '../manifest.ts';
import { intakes } from '../services/intakes.ts';
import { rowOf } from '../services/row-of.ts';

const message = z.object({ tenant: z.string().min(1), intakeId: z.string().refine(isId) });

const keyOf = ({ tenant, intakeId }: IntakeReference): string => `${tenant} ${intakeId}`;

/** Posts what was accepted, as many at once as came. */
export const handler = queueConsumer({
  ...rowOf(queues, 'post-intake'),
  message,
  apply: async (messages, context, run) => {
    const results = await intakes().post(messages, context);
    const count = (outcome: string) => results.filter((one) => one.outcome === outcome).length;
    run.count('IntakesPosted', count('posted'));
    run.count('IntakesRefused', count('refused'));
    run.note({
      posted: count('posted'),
      refused: count('refused'),
      settledBefore: count('settled'),
    });
    const failures = new Map(
      results.flatMap((one) =>
        one.outcome === 'failed' ? [[keyOf(one), one.error] as const] : [],
      ),
    );
    // A message that came twice fails twice: otherwise its intake would be thought done with.
    return new Map(
      messages.flatMap((one) => {
        const key = keyOf(one);
        return failures.has(key) ? [[one, failures.get(key)] as const] : [];
      }),
    );
  },
});
