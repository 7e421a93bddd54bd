import { join } from 'node:path';

/** Everything the platform writes lies below `.atlas`, which git ignores. */
export const root = join(import.meta.dirname, '..');
export const atlasFolder = join(root, '.atlas');
export const toolsFolder = join(atlasFolder, 'tools');
export const pythonBin = join(toolsFolder, 'python', 'bin');
export const schemathesisFolder = join(toolsFolder, 'schemathesis');
export const kafkaLibs = join(toolsFolder, 'kafka');
export const hledgerFolder = join(toolsFolder, 'hledger');
export const prometheusFolder = join(toolsFolder, 'prometheus');
export const chromiumFolder = join(toolsFolder, 'chromium');
export const migrationsFolder = join(root, 'layers', 'postgres', 'migrations');
/** What Prometheus and Grafana are told, mounted into their containers. */
export const monitoringFolder = join(atlasFolder, 'monitoring');
export const outputsFile = join(atlasFolder, 'outputs.json');

/** One set of running parts: `local` for `make up`, `test-<pid>` for a run of the tests. */
export const profileFolder = (profile: string): string => join(atlasFolder, profile);
