import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kafkaClient } from '@atlas/kafka';
import { kafkaLibs, profileFolder } from '../paths.ts';
import { type ProcessRecord, recordOf, startProcess, untilReady } from '../process-record.ts';
import { Trouble } from '../trouble.ts';

const execute = promisify(execFile);

/** A Kafka UUID; the tool that takes it would read a leading dash as an option. */
const newClusterId = (): string => `A${randomBytes(16).toString('base64url').slice(1, 22)}`;

const java = (heap: readonly string[], ...rest: string[]): [string, ...string[]] => [
  'java',
  ...heap,
  '-XX:+UseSerialGC',
  '-cp',
  join(kafkaLibs, '*'),
  ...rest,
];

const properties = (port: number, controllerPort: number, data: string): string => `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
log.dirs=${data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
# A broker that was killed is back in 4 s instead of 12.
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=250
`;

/** Starts one KRaft broker; its log is formatted at the first start and kept. */
export const startKafka = async (
  profile: string,
  port: number,
  controllerPort: number,
): Promise<ProcessRecord> => {
  const running = recordOf(profile, 'kafka');
  if (running !== undefined) return running;
  const folder = join(profileFolder(profile), 'data', 'kafka');
  const data = join(folder, 'log');
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'server.properties');
  await writeFile(file, properties(port, controllerPort, data));
  if (!existsSync(join(data, 'meta.properties'))) {
    const [program, ...options] = java(
      ['-Xmx128m'],
      ...['kafka.tools.StorageTool', 'format', '-t', newClusterId(), '-c', file],
    );
    await execute(program, options).catch(({ stderr, message }) => {
      const lines = String(stderr || message).split('\n');
      const reason = lines.filter((line) => /Exception|Caused by/.test(line)).join('\n');
      throw new Trouble(`kafka cannot make its log folder:\n${reason}`);
    });
  }
  const record = await startProcess({
    profile,
    name: 'kafka',
    command: java(
      ['-Xms256m', '-Xmx384m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'],
      ...['kafka.Kafka', file],
    ),
  });
  await untilReady(record, () => answers(port));
  return record;
};

const answers = async (port: number): Promise<boolean> => {
  const client = kafkaClient({
    brokers: [`127.0.0.1:${port}`],
    clientId: 'platform',
    auth: 'none',
  });
  const admin = client.admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    await admin.listTopics();
    return true;
  } finally {
    await admin.disconnect();
  }
};
