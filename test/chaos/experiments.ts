import { dynamodbErrors } from './experiments/dynamodb-errors.ts';
import { postgresAnswersLost } from './experiments/postgres-answers-lost.ts';
import type { Experiment } from './framework/experiment.ts';
import type { World } from './framework/world.ts';

/** All experiments, in the order in which they are run. */
export const experiments: readonly Experiment<World>[] = [dynamodbErrors, postgresAnswersLost];
