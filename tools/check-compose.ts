/** Validates the Docker profile with `docker compose config`, where that client is installed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const file = join(import.meta.dirname, '..', 'localstack', 'docker-compose.yml');
const candidates = [['docker', 'compose'], ['docker-compose']] as const;
const environment = { ...process.env, ATLAS_POSTGRES_ADMIN_PASSWORD: 'checked' };
const found = candidates.find(([program, ...rest]) => {
  return spawnSync(program, [...rest, 'version']).status === 0;
});
if (found === undefined) {
  console.log('compose file: not checked, because there is no docker compose here');
} else {
  const [program, ...rest] = found;
  const { status, stderr } = spawnSync(program, [...rest, '-f', file, 'config', '-q'], {
    env: environment,
    encoding: 'utf8',
  });
  if (status !== 0) {
    console.error(stderr);
    process.exit(1);
  }
  console.log(`compose file: valid, says ${found.join(' ')}`);
}
