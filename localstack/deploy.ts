import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { LocalEndpoints } from '../lib/endpoints.ts';
import { applyFixUps } from './fix-ups.ts';
import { profileFolder, root } from './paths.ts';
import { Trouble } from './trouble.ts';

const execute = promisify(execFile);
const stacks = ['atlas-local-data', 'atlas-local-background', 'atlas-local-service'] as const;
const region = 'us-east-1';

/** What every client of an emulator is given. */
export const emulatorEnvironment = (endpoint: string) => ({
  AWS_ENDPOINT_URL: endpoint,
  // The CDK looks for S3 here alone.
  AWS_ENDPOINT_URL_S3: endpoint,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
});

const clientOptions = (endpoint: string) => ({
  endpoint,
  region,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

const run = async (program: string, options: readonly string[], env: Record<string, string>) => {
  try {
    await execute(join(root, 'node_modules', '.bin', program), [...options], {
      cwd: root,
      env: { ...process.env, ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const tail = `${stdout}\n${stderr}`.trim().split('\n').slice(-25).join('\n');
    throw new Trouble(`${program} ${options[0]} failed:\n${tail}`);
  }
};

export const buildBundles = async (): Promise<void> => {
  await execute(process.execPath, [join(root, 'tools', 'build-bundles.ts')], { cwd: root });
};

/** Synthesises the portable stacks for this platform's endpoints. */
export const synthesise = async (profile: string, endpoints: LocalEndpoints): Promise<string> => {
  const config = join(profileFolder(profile), 'endpoints.json');
  await writeFile(config, JSON.stringify(endpoints), { mode: 0o600 });
  const assembly = join(profileFolder(profile), 'cdk.out');
  await run('cdk', ['synth', '--quiet', '-c', 'stage=local', '-o', assembly], {
    ...emulatorEnvironment(endpoints.awsEndpoint),
    ATLAS_LOCAL_CONFIG: config,
  });
  return assembly;
};

/** Deploys the assembly to the emulator, applies the fix-ups, and answers with the API's URL. */
export const deploy = async (assembly: string, endpoint: string): Promise<string> => {
  const options = clientOptions(endpoint);
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  const Bucket = `cdk-hnb659fds-assets-000000000000-${region}`;
  await s3.send(new CreateBucketCommand({ Bucket })).catch((error: Error) => {
    if (!/BucketAlready/.test(error.name)) throw error;
  });
  const formation = new CloudFormationClient(options);
  await clearBrokenStacks(formation);
  await run(
    'cdk',
    ['deploy', '--all', '--app', assembly, '--require-approval', 'never', '--progress', 'events'],
    emulatorEnvironment(endpoint),
  );
  await applyFixUps(assembly, stacks, options);
  const { Stacks } = await formation.send(
    new DescribeStacksCommand({ StackName: 'atlas-local-service' }),
  );
  const url = Stacks?.[0]?.Outputs?.find((output) => output.OutputKey === 'ApiUrl')?.OutputValue;
  const apiId = /^https?:\/\/([^.]+)\./.exec(url ?? '')?.[1];
  if (apiId === undefined) throw new Trouble('the deployment has no API URL');
  // The form that both emulators answer without DNS.
  return `${endpoint}/restapis/${apiId}/api/_user_request_`;
};

/** A stack whose creation was rolled back can only be deleted. */
const clearBrokenStacks = async (formation: CloudFormationClient): Promise<void> => {
  for (const StackName of stacks) {
    const found = await formation
      .send(new DescribeStacksCommand({ StackName }))
      .catch(() => undefined);
    const status = found?.Stacks?.[0]?.StackStatus ?? '';
    if (/ROLLBACK_COMPLETE|FAILED/.test(status)) {
      await formation.send(new DeleteStackCommand({ StackName }));
    }
  }
};
