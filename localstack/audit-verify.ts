/** `make audit-verify [TENANT=…]`: recomputes the audit chains and compares them with their anchors. */
import { type PostgresAuditChains, postgresAuditChains } from '@atlas/postgres';
import { S3Client } from '@aws-sdk/client-s3';
import { Command } from 'commander';
import { names } from '../lib/names.ts';
import { readStage } from '../lib/stage.ts';
import { anchorHistory } from './audit/anchor-history.ts';
import { runAudit } from './audit/run-audit.ts';
import { tellFinding } from './audit/tell-finding.ts';
import { databaseName } from './databases.ts';
import { readOutputs } from './outputs.ts';
import { outputsFile } from './paths.ts';
import { localSecrets } from './secrets.ts';
import { Trouble } from './trouble.ts';

interface Wishes {
  readonly tenant?: string;
  readonly shard: readonly string[];
  readonly bucket?: string;
}

const user = 'atlas_audit';
/** The rows of a whole shard are compared in one statement. */
const statementMs = 3_600_000;
const localAccount = '000000000000';

interface Sources {
  readonly chains: PostgresAuditChains;
  readonly s3: S3Client;
  readonly bucket: string;
}

const localSources = async (): Promise<Sources> => {
  const outputs = await readOutputs(outputsFile);
  const { passwords } = await localSecrets('local');
  const shards = outputs.postgres
    .filter(({ name }) => name.startsWith('postgres-'))
    .map(({ host, port }, id) => {
      const password = passwords.audit;
      return { id, host, port, database: databaseName, user, password, tls: false };
    });
  return {
    chains: postgresAuditChains({ shards, namedStatements: true, statementMs }),
    s3: new S3Client({
      endpoint: outputs.awsEndpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      forcePathStyle: true,
    }),
    bucket: names(readStage('local')).anchorsBucket(localAccount),
  };
};

/** Shards as addresses, in the order of their numbers; credentials for S3 as any client finds them. */
const namedSources = (addresses: readonly string[], bucket: string): Sources => {
  const shards = addresses.map((address, id) => {
    const url = new URL(address);
    return {
      id,
      host: url.hostname,
      port: Number(url.port || '5432'),
      database: url.pathname.slice(1) || databaseName,
      user: url.username || user,
      password: decodeURIComponent(url.password),
      tls: url.searchParams.get('sslmode') !== 'disable',
    };
  });
  return {
    chains: postgresAuditChains({ shards, namedStatements: false, statementMs }),
    s3: new S3Client({}),
    bucket,
  };
};

const count = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? '' : 's'}`;

/** One line that is rewritten on a terminal, and one every five seconds elsewhere. */
const progress = () => {
  const done = { blocks: 0, leaves: 0, anchors: 0 };
  let shownMs = Date.now();
  const show = () => {
    if (Date.now() - shownMs < (process.stderr.isTTY ? 200 : 5_000)) return;
    shownMs = Date.now();
    const text = `${done.blocks} blocks, ${done.leaves} leaves, ${done.anchors} anchors`;
    process.stderr.write(process.stderr.isTTY ? `\r${text}\u001b[K` : `${text}\n`);
  };
  return { done, show };
};

const run = async (wishes: Wishes): Promise<void> => {
  const { shard, bucket, tenant } = wishes;
  if (shard.length > 0 !== (bucket !== undefined)) {
    throw new Trouble('--shard and --bucket go together');
  }
  const sources = bucket === undefined ? await localSources() : namedSources(shard, bucket);
  const { done, show } = progress();
  let findings = 0;
  try {
    const audit = runAudit({
      chains: sources.chains.chains,
      history: anchorHistory(sources.s3, sources.bucket),
      tenant,
      onBlock: ({ leafCount }) => {
        done.blocks += 1;
        done.leaves += leafCount;
        show();
      },
      onAnchor: () => {
        done.anchors += 1;
        show();
      },
    });
    for await (const finding of audit) {
      findings += 1;
      if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
      console.log(tellFinding(finding));
    }
  } finally {
    await sources.chains.close();
    sources.s3.destroy();
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  const audited = `${count(done.blocks, 'block')} with ${done.leaves} leaves`;
  const result = findings === 0 ? 'everything is what was sealed' : count(findings, 'finding');
  console.log(`${audited}, ${count(done.anchors, 'anchor')}: ${result}`);
  if (findings > 0) process.exitCode = 1;
};

try {
  await new Command('audit-verify')
    .description(
      'Recompute every block of the audit chains from the rows, and compare the chains with ' +
        'their anchors. Each finding is a line that names the first bad row of a block.',
    )
    .option('--tenant <name>', 'only rows of this tenant; the links of all blocks')
    .option(
      '--shard <url>',
      'postgres://atlas_audit:…@host/atlas, once for each shard (default: the local platform)',
      (url: string, before: readonly string[]) => [...before, url],
      [],
    )
    .option('--bucket <name>', 'the bucket of the anchors, with --shard')
    .addHelpText('after', '\nExit codes: 0 nothing found, 1 findings, 2 it could not be done.')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .action(run)
    .parseAsync();
} catch (error) {
  console.error(error instanceof Trouble ? error.message : String(error));
  process.exitCode = 2;
}
