/** The platform on this machine. `make help` lists the commands; each is a subcommand here. */
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { Command } from 'commander';
import { createTopics, migrateShards } from './databases.ts';
import { interruption } from './interruption.ts';
import { issueToken } from './issuer.ts';
import { postgresBin } from './native/postgres.ts';
import { readOutputs } from './outputs.ts';
import { compose, composeEnvironment } from './parts.ts';
import { atlasFolder, outputsFile, profileFolder } from './paths.ts';
import { startPlatform, stopPlatform } from './platform.ts';
import { fixedPorts } from './ports.ts';
import { isAlive, recordsOf } from './process-record.ts';
import { type LocalSecrets, localSecrets } from './secrets.ts';
import { seed } from './seed.ts';
import { Trouble } from './trouble.ts';
import { withServices } from './with-services.ts';

const profile = 'local';
const docker = process.env.ATLAS_LOCAL === 'docker';

const token = async (wishes: { tenant: string; scope: string; hours?: number }) => {
  const { issuerKey } = await localSecrets(profile);
  return issueToken(issuerKey, { hours: 1, ...wishes });
};

const up = async (): Promise<void> => {
  const ports = fixedPorts(process.env);
  const { outputs, seeded } = await startPlatform({
    profile,
    docker,
    ports,
    deploy: true,
    dashboard: true,
    outputsFile,
    awsEndpoint: process.env.ATLAS_AWS_ENDPOINT,
    signal: interruption(),
  });
  if (outputs === undefined || seeded === undefined) throw new Error('nothing was deployed');
  const posting = {
    debitAccountId: seeded.worldAccountId,
    creditAccountId: seeded.aliceAccountId,
    amount: '1050',
  };
  console.log(`
API       ${outputs.apiUrl}/v1
Postgres  ${outputs.postgres.map((p) => `${p.name} ${p.host}:${p.port}`).join(', ')}
Kafka     ${outputs.kafkaBrokers}
Valkey    ${outputs.valkeyUrl}
Traces    ${outputs.tracesUrl}/traces
AWS       ${outputs.awsEndpoint}
Dashboard http://127.0.0.1:${ports.dashboard}

Move EUR 10.50 to alice:

curl -i ${outputs.apiUrl}/v1/transfers \\
  -H "Authorization: Bearer $(make -s token TENANT=demo)" \\
  -H "Content-Type: application/json" -H "Idempotency-Key: $(date +%s%N)" \\
  -d '${JSON.stringify({ postings: [posting] })}'

Then read what the events made of it:

curl -s "${outputs.apiUrl}/v1/accounts/${seeded.aliceAccountId}/balance?consistency=eventual" \\
  -H "Authorization: Bearer $(make -s token TENANT=demo)"
`);
};

/** With it, a command is about Prometheus and Grafana, too. */
const dockerEnvironment = (secrets: LocalSecrets) => ({
  ...composeEnvironment(fixedPorts(process.env), secrets),
  COMPOSE_PROFILES: 'monitoring',
});

const down = async (): Promise<void> => {
  const stopped = await stopPlatform(profile);
  if (docker) {
    const secrets = await localSecrets(profile);
    await compose(['down'], dockerEnvironment(secrets));
  }
  await rm(outputsFile, { force: true });
  console.log(stopped === 0 ? 'nothing was running' : `stopped ${stopped} processes`);
};

const status = (): void => {
  const records = recordsOf(profile);
  if (records.length === 0) console.log('nothing is running');
  for (const record of records) {
    const state = isAlive(record) ? 'running' : 'dead   ';
    console.log(`${record.name.padEnd(14)} ${state} pid ${record.pid}  ${record.log}`);
  }
};

const follow = (command: string, options: readonly string[], environment = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, options, {
      stdio: 'inherit',
      env: { ...process.env, ...environment },
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });

const shardsOf = async () => {
  const { postgres } = await readOutputs(outputsFile);
  const { postgres: adminPassword } = await localSecrets(profile);
  return postgres
    .filter(({ name }) => name.startsWith('postgres-'))
    .map((shard) => ({ ...shard, adminPassword }));
};

/** What a token may do that is asked for without saying what. */
const everyday = 'ledger:read ledger:write webhooks:read webhooks:write';

const program = new Command('atlas-local')
  .description('The Atlas platform on this machine')
  .enablePositionalOptions();
program.command('up').description('start everything; twice does no harm').action(up);
program.command('down').description('stop what was started; data stays').action(down);
program.command('status').description('what runs').action(status);
program
  .command('logs')
  .description('follow the logs of one part, or of all')
  .argument('[part]')
  .action(async (part?: string) => {
    const logs = recordsOf(profile)
      .filter((record) => part === undefined || record.name === part)
      .map((record) => record.log);
    if (logs.length === 0) throw new Trouble(`nothing by the name of ${part ?? 'anything'} runs`);
    process.exitCode = await follow('tail', ['-n', '20', '-F', ...logs]);
  });
program
  .command('token')
  .description('print a token')
  .requiredOption('--tenant <name>')
  .option('--scope <scopes>', 'separated by blanks', everyday)
  .option('--hours <n>', 'how long it is valid', Number, 1)
  .action(async (wishes) => console.log(await token(wishes)));
program
  .command('migrate')
  .description('bring the shards to the newest schema, and create topics')
  .action(async () => {
    const { passwords } = await localSecrets(profile);
    const applied = await migrateShards(await shardsOf(), passwords);
    const created = await createTopics((await readOutputs(outputsFile)).kafkaBrokers);
    console.log(`${applied} migrations applied, ${created.length} topics created`);
  });
program
  .command('seed')
  .description("open the demo tenant's accounts")
  .action(async () => {
    const { apiUrl } = await readOutputs(outputsFile);
    const demo = await token({ tenant: 'demo', scope: 'ledger:read ledger:write' });
    const { issuerKey } = await localSecrets(profile);
    console.log(await seed(apiUrl, demo, issuerKey.kid ?? ''));
  });
program
  .command('db-shell')
  .description('psql on a shard, as its superuser')
  .argument('[shard]', '0 or 1', '0')
  .action(async (shard: string) => {
    const found = (await shardsOf())[Number(shard)];
    if (found === undefined) throw new Trouble(`there is no shard ${shard}`);
    process.exitCode = await follow(
      `${postgresBin()}/psql`,
      ['-h', found.host, '-p', String(found.port), '-U', 'postgres', 'atlas'],
      { PGPASSWORD: found.adminPassword },
    );
  });
program
  .command('metrics')
  .description('what waits in the outboxes, how far the consumers are behind, and what was counted')
  .action(async () => {
    const { printMetrics } = await import('./metrics.ts');
    await printMetrics(await readOutputs(outputsFile), await localSecrets(profile));
  });
for (const service of ['prometheus', 'grafana'] as const) {
  program
    .command(service)
    .description(`start ${service} beside the containers of the Docker profile`)
    .action(async () => {
      const { startMonitoring } = await import('./monitoring/start-monitoring.ts');
      const settings = { profile, ports: fixedPorts(process.env), isDocker: docker };
      console.log(await startMonitoring(service, settings));
    });
}
program
  .command('trace')
  .description('print a trace as a tree, or the newest traces')
  .argument('[id]', 'a trace id, or a traceparent')
  .action(async (id?: string) => {
    const { showTrace } = await import('./tracing/show-trace.ts');
    console.log(await showTrace((await readOutputs(outputsFile)).tracesUrl, id));
  });
program
  .command('clean')
  .description('stop everything and delete its data')
  .option('--tools', 'and the installed tools')
  .action(async ({ tools }: { tools?: boolean }) => {
    await down();
    if (docker) {
      const secrets = await localSecrets(profile);
      await compose(['down', '-v'], dockerEnvironment(secrets));
    }
    await rm(tools === true ? atlasFolder : profileFolder(profile), {
      recursive: true,
      force: true,
    });
  });
program
  .command('with-services')
  .description('run a command beside isolated parts on free ports, and stop them afterwards')
  .option('--deploy', 'deploy the stacks too, for end-to-end tests')
  .argument('<command...>')
  .passThroughOptions()
  .action(async (command: string[], options: { deploy?: boolean }) => {
    process.exitCode = await withServices(command, options.deploy === true);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
