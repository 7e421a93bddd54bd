import { interleaved, median, ratio } from '../../statistics.ts';
import { judged } from '../../threshold.ts';
import type { Form } from '../build-functions.ts';
import type { Scenario } from '../scenario.ts';
import type { Subject } from '../world.ts';

const environments = { 'post-transfer': 4 } as const;
const clients = 8;
const mix = { 'post-transfer': 100 };
const forms = ['with-toolkit', 'without-toolkit'] as const satisfies readonly Form[];

export const toolkit: Scenario = {
  name: 'toolkit',
  claim: 'Guards, quotas and shedding cost at most a twentieth of what can be posted.',
  run: async ({ world, pace, seed, say }) => {
    const { rounds, roundMs } = pace.toolkit;
    const perSecond: Record<Form, number[]> = { 'with-toolkit': [], 'without-toolkit': [] };
    const subjects: Partial<Record<Form, Subject>> = {};
    const post = async (form: Form, durationMs: number): Promise<number> => {
      subjects[form] ??= await world.start({ environments, form });
      const load = { kind: 'closed', clients, durationMs } as const;
      const { counts } = await subjects[form].generator.run({ seed, mix, load });
      if (counts.shed + counts.failed > 0) throw new Error('not every transfer was posted');
      return (counts.served / durationMs) * 1_000;
    };
    try {
      say('toolkit: warming up both forms');
      for (const form of forms) await post(form, pace.warmUpMs / 2);
      for (const form of interleaved(forms, rounds)) {
        await world.database.reset();
        perSecond[form].push(await post(form, roundMs));
      }
    } finally {
      for (const subject of Object.values(subjects)) await subject.close();
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
