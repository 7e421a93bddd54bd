import { apiKilled } from './experiments/api-killed.ts';
import { apiKilledAfterClaim } from './experiments/api-killed-after-claim.ts';
import { apiKilledAtCommit } from './experiments/api-killed-at-commit.ts';
import { apiPaused } from './experiments/api-paused.ts';
import { apiTerminated } from './experiments/api-terminated.ts';
import { clockAhead } from './experiments/clock-ahead.ts';
import { clockBehind } from './experiments/clock-behind.ts';
import { dynamodbAnswersLost } from './experiments/dynamodb-answers-lost.ts';
import { dynamodbErrors } from './experiments/dynamodb-errors.ts';
import { dynamodbHanging } from './experiments/dynamodb-hanging.ts';
import { dynamodbThrottled } from './experiments/dynamodb-throttled.ts';
import { emulatorRestarted } from './experiments/emulator-restarted.ts';
import { functionsLost } from './experiments/functions-lost.ts';
import { incompatibleSchema } from './experiments/incompatible-schema.ts';
import { issuerDown } from './experiments/issuer-down.ts';
import { issuerKeysRotated } from './experiments/issuer-keys-rotated.ts';
import { kafkaAcknowledgementsLost } from './experiments/kafka-acknowledgements-lost.ts';
import { kafkaKilled } from './experiments/kafka-killed.ts';
import { kafkaSlow } from './experiments/kafka-slow.ts';
import { kafkaUnreachable } from './experiments/kafka-unreachable.ts';
import { partialBatch } from './experiments/partial-batch.ts';
import { pipelineKilled } from './experiments/pipeline-killed.ts';
import { pipelineKilledAtEachCall } from './experiments/pipeline-killed-at-each-call.ts';
import { pipelineTerminated } from './experiments/pipeline-terminated.ts';
import { poisonEvent } from './experiments/poison-event.ts';
import { poisonRecord } from './experiments/poison-record.ts';
import { postgresAnswersLost } from './experiments/postgres-answers-lost.ts';
import { postgresConnectionsExhausted } from './experiments/postgres-connections-exhausted.ts';
import { postgresDiskFull } from './experiments/postgres-disk-full.ts';
import { postgresFlapping } from './experiments/postgres-flapping.ts';
import { postgresHalfOpen } from './experiments/postgres-half-open.ts';
import { postgresKilled } from './experiments/postgres-killed.ts';
import { postgresLockHeld } from './experiments/postgres-lock-held.ts';
import { postgresPaused } from './experiments/postgres-paused.ts';
import { postgresPoolExhausted } from './experiments/postgres-pool-exhausted.ts';
import { postgresSerializationFailures } from './experiments/postgres-serialization-failures.ts';
import { postgresSlow } from './experiments/postgres-slow.ts';
import { postgresStatementsLost } from './experiments/postgres-statements-lost.ts';
import { redelivery } from './experiments/redelivery.ts';
import { relayAnswersLost } from './experiments/relay-answers-lost.ts';
import { relayZombie } from './experiments/relay-zombie.ts';
import { sameKeyHundredTimes } from './experiments/same-key-hundred-times.ts';
import { spike } from './experiments/spike.ts';
import { standbyLagging } from './experiments/standby-lagging.ts';
import { tenantOverQuota } from './experiments/tenant-over-quota.ts';
import type { Experiment } from './framework/experiment.ts';
import type { World } from './framework/world.ts';

/** All experiments, each in its file, in the order in which they run. */
export const experiments: readonly Experiment<World>[] = [
  apiKilled,
  apiKilledAfterClaim,
  apiKilledAtCommit,
  apiPaused,
  apiTerminated,
  clockAhead,
  clockBehind,
  dynamodbAnswersLost,
  dynamodbErrors,
  dynamodbHanging,
  dynamodbThrottled,
  emulatorRestarted,
  functionsLost,
  incompatibleSchema,
  issuerDown,
  issuerKeysRotated,
  kafkaAcknowledgementsLost,
  kafkaKilled,
  kafkaSlow,
  kafkaUnreachable,
  partialBatch,
  pipelineKilled,
  pipelineKilledAtEachCall,
  pipelineTerminated,
  poisonEvent,
  poisonRecord,
  postgresAnswersLost,
  postgresConnectionsExhausted,
  postgresDiskFull,
  postgresFlapping,
  postgresHalfOpen,
  postgresKilled,
  postgresLockHeld,
  postgresPaused,
  postgresPoolExhausted,
  postgresSerializationFailures,
  postgresSlow,
  postgresStatementsLost,
  redelivery,
  relayAnswersLost,
  relayZombie,
  sameKeyHundredTimes,
  spike,
  standbyLagging,
  tenantOverQuota,
];
