import { median, ratio } from '../../statistics.ts';
import { judged } from '../../threshold.ts';
import type { Form } from '../build-functions.ts';
import { closedRate } from '../closed-rate.ts';
import type { Scenario } from '../scenario.ts';
import type { Subject } from '../world.ts';

const environments = { 'post-transfer': 1 } as const;
/** Of each subject: one at work, and one that waits for it. */
const clients = 2;
const mix = { 'post-transfer': 100 };
/** Of two that are the same the one started first is some hundredths slower, so neither form is first. */
const starts = [
  'with-toolkit',
  'without-toolkit',
  'without-toolkit',
  'with-toolkit',
] as const satisfies readonly Form[];

interface Side {
  readonly form: Form;
  readonly subject: Subject;
}

/** Of a form in a round, all its subjects together. */
interface Posted {
  readonly perSecond: number;
  /** Processor time of the functions for a transfer. */
  readonly cpuMs: number;
}

/**
 * Both forms work at once, each with its clients, and share processors and Postgres evenly: so a disturbance
 * meets both, and who needs more for a transfer posts fewer. One after the other a checkpoint decides.
 */
export const toolkit: Scenario = {
  name: 'toolkit',
  claim: 'Guards, quotas and shedding cost at most a twentieth of what can be posted.',
  run: async ({ world, pace, seed, say }) => {
    const { warmUpMs, rounds, roundMs } = pace.toolkit;
    const sides: Side[] = [];
    const post = async ({ form, subject: { front, generator } }: Side, durationMs: number) => {
      const beforeMs = front.functionsCpuMs();
      const perSecond = await closedRate(generator, { seed, mix, clients, durationMs });
      return { form, perSecond, cpuMs: front.functionsCpuMs() - beforeMs };
    };
    const postAll = async (durationMs: number): Promise<Record<Form, Posted>> => {
      const all = await Promise.all(sides.map((side) => post(side, durationMs)));
      const of = (form: Form): Posted => {
        const own = all.filter((one) => one.form === form);
        const sum = (figure: keyof Posted) => own.reduce((all, one) => all + one[figure], 0);
        const perSecond = sum('perSecond');
        return { perSecond, cpuMs: sum('cpuMs') / ((perSecond * durationMs) / 1_000) };
      };
      return { 'with-toolkit': of('with-toolkit'), 'without-toolkit': of('without-toolkit') };
    };
    const posted: Record<Form, Posted>[] = [];
    try {
      for (const form of starts) {
        sides.push({ form, subject: await world.start({ environments, form }) });
      }
      say('toolkit: warming up both forms');
      await postAll(warmUpMs);
      for (let round = 0; round < rounds; round += 1) {
        await world.database.reset();
        posted.push(await postAll(roundMs));
      }
    } finally {
      for (const { subject } of sides) await subject.close();
    }
    const ofRounds = (form: Form, figure: keyof Posted) =>
      posted.map((round) => round[form][figure]);
    return {
      thresholds: [
        judged({
          name: 'transfers a second with the toolkit over those without',
          value: ratio(
            ofRounds('with-toolkit', 'perSecond'),
            ofRounds('without-toolkit', 'perSecond'),
          ),
          direction: 'at least',
          limit: 0.95,
          unit: '',
        }),
      ],
      figures: (['with-toolkit', 'without-toolkit'] as const).flatMap((form) => [
        {
          name: form.replace('-', ' the '),
          value: median(ofRounds(form, 'perSecond')),
          unit: ' /s' as const,
        },
        {
          name: `processor time of the functions a transfer, ${form.replace('-', ' the ')}`,
          value: median(ofRounds(form, 'cpuMs')),
          unit: ' ms' as const,
        },
      ]),
      runs: {},
    };
  },
};
