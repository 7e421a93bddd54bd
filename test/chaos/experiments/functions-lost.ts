import type { Experiment } from '../framework/experiment.ts';
import type { World } from '../framework/world.ts';

/** Environments are lost before or after they did their work, as functions that fail are. */
export const functionsLost: Experiment<World> = {
  name: 'functions-lost',
  hypothesis:
    'What a function did before it was lost is found by the key, and what it did not is done.',
  blastRadius: 'group',
  runbook: 'function-errors',
  tells: ['no-answer'],
  inCi: true,
  fis: {
    actionId: 'aws:lambda:invocation-error',
    parameters: { duration: 'PT5M', invocationPercentage: '30', preventExecution: 'true' },
  },
  inject: async ({ world, random, undo, load, evidence, hold }) => {
    const told = () => load.answers.told.get('no-answer') ?? 0;
    const before = told();
    undo(() => world.api.tell({ fault: null }));
    for (const how of ['lost-before', 'lost-after'] as const) {
      world.api.tell({ fault: { how, percent: 30, seed: random.integer(0, 1_000_000) } });
      await hold(1_000);
    }
    evidence('requests lost', told() - before);
  },
};
