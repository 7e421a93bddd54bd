import { median, ratio } from '../../statistics.ts';
import { judged } from '../../threshold.ts';
import type { Form } from '../build-functions.ts';
import type { Scenario } from '../scenario.ts';
import type { Subject } from '../world.ts';

const environments = { 'post-transfer': 4 } as const;
/** Of each form. */
const clients = 4;
const mix = { 'post-transfer': 100 };
const forms = ['with-toolkit', 'without-toolkit'] as const satisfies readonly Form[];

/**
 * Both forms work at once, each with its clients, and share processors and Postgres evenly: so a disturbance
 * meets both, and who needs more for a transfer posts fewer. One after the other a checkpoint decides.
 */
export const toolkit: Scenario = {
  name: 'toolkit',
  claim: 'Guards, quotas and shedding cost at most a twentieth of what can be posted.',
  run: async ({ world, pace, seed, say }) => {
    const { rounds, roundMs } = pace.toolkit;
    const perSecond: Record<Form, number[]> = { 'with-toolkit': [], 'without-toolkit': [] };
    const subjects = new Map<Form, Subject>();
    const post = async (subject: Subject, durationMs: number): Promise<number> => {
      const load = { kind: 'closed', clients, durationMs } as const;
      const { counts } = await subject.generator.run({ seed, mix, load });
      if (counts.shed + counts.failed > 0) throw new Error('not every transfer was posted');
      return (counts.served / durationMs) * 1_000;
    };
    const postBoth = (durationMs: number): Promise<(readonly [Form, number])[]> =>
      Promise.all(
        [...subjects].map(
          async ([form, subject]) => [form, await post(subject, durationMs)] as const,
        ),
      );
    try {
      for (const form of forms) subjects.set(form, await world.start({ environments, form }));
      say('toolkit: warming up both forms');
      await postBoth(pace.warmUpMs);
      for (let round = 0; round < rounds; round += 1) {
        await world.database.reset();
        for (const [form, rate] of await postBoth(roundMs)) perSecond[form].push(rate);
      }
    } finally {
      for (const subject of subjects.values()) await subject.close();
    }
    return {
      thresholds: [
        judged({
          name: 'transfers a second with the toolkit over those without',
          value: ratio(perSecond['with-toolkit'], perSecond['without-toolkit']),
          direction: 'at least',
          limit: 0.95,
          unit: '',
        }),
      ],
      figures: forms.map((form) => ({
        name: form.replace('-', ' the '),
        value: median(perSecond[form]),
        unit: ' /s' as const,
      })),
      runs: {},
    };
  },
};
