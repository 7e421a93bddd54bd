import { createServer } from 'node:net';
import getPort from 'get-port';
import { Trouble } from './trouble.ts';

export const portNames = [
  'aws',
  'postgres0',
  'postgres1',
  'standby0',
  'kafka',
  'kafkaController',
  'valkey',
  'traces',
  'dashboard',
  'prometheus',
  'grafana',
] as const;

export type PortName = (typeof portNames)[number];
export type Ports = Readonly<Record<PortName, number>>;

const defaults: Ports = {
  aws: 4566,
  postgres0: 5442,
  postgres1: 5443,
  standby0: 5444,
  kafka: 9192,
  kafkaController: 9193,
  valkey: 6479,
  traces: 4318,
  dashboard: 4580,
  prometheus: 9490,
  grafana: 3300,
};

const variableOf = (name: PortName): string =>
  `ATLAS_PORT_${name.replaceAll(/([A-Z]|\d+)/g, '_$1').toUpperCase()}`;

/** The usual ports, each of which a variable can change. */
export const fixedPorts = (environment: NodeJS.ProcessEnv): Ports => {
  const port = (name: PortName): number => {
    const text = environment[variableOf(name)];
    if (text === undefined) return defaults[name];
    const number = Number(text);
    if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
    throw new Trouble(`${variableOf(name)}=${text} is no port`);
  };
  return Object.fromEntries(portNames.map((name) => [name, port(name)])) as unknown as Ports;
};

export const freePorts = async (): Promise<Ports> => {
  const found: [PortName, number][] = [];
  for (const name of portNames) {
    const exclude = found.map(([, port]) => port);
    found.push([name, await getPort({ host: '127.0.0.1', exclude })]);
  }
  return Object.fromEntries(found) as unknown as Ports;
};

/** Throws one message that names the port and the variable that changes it. */
export const demandFree = async (ports: Ports, names: readonly PortName[]): Promise<void> => {
  for (const name of names) {
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(ports[name], '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (!free) {
      throw new Trouble(
        `port ${ports[name]} (${name}) is taken. Stop what listens there` +
          ` (ss -ltnp shows it), or choose another: ${variableOf(name)}=… make up`,
      );
    }
  }
};
