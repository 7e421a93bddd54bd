/**
 * Validates the Docker profile with `docker compose config`. Where that client is missing and Go is
 * not, it is built from its pinned source, once. Without either the check is left out on a laptop,
 * and fails in CI.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const file = join(root, 'localstack', 'docker-compose.yml');
const built = join(root, '.atlas', 'tools', 'docker-compose');

const succeeds = (program: string, ...options: string[]): boolean =>
  spawnSync(program, options).status === 0;

const build = (): boolean => {
  if (!succeeds('go', 'version')) return false;
  console.log('compose file: building docker compose, which takes about two minutes, once');
  const source = 'github.com/docker/compose/v2/cmd';
  const options = ['build', '-C', join(import.meta.dirname, 'compose'), '-o', built, source];
  return spawnSync('go', options, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
};

const find = (): readonly [string, ...string[]] | undefined => {
  if (succeeds('docker', 'compose', 'version')) return ['docker', 'compose'];
  if (existsSync(built) || build()) return [built];
  return undefined;
};

const compose = find();
if (compose === undefined) {
  console.log('compose file: not checked, because there is neither docker compose nor Go here');
  if (process.env.CI !== undefined) process.exit(1);
} else {
  const [program, ...options] = compose;
  const { status, stderr } = spawnSync(
    program,
    [...options, '-f', file, '--profile', '*', 'config', '-q'],
    {
      env: { ...process.env, ATLAS_POSTGRES_ADMIN_PASSWORD: 'checked' },
      encoding: 'utf8',
    },
  );
  if (status !== 0) {
    console.error(stderr);
    process.exit(1);
  }
  console.log('compose file: valid');
}
