import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { demandFree, fixedPorts, freePorts, portNames } from '../../../localstack/ports.ts';

describe('ports', () => {
  it('are the usual ones, unless a variable says otherwise', () => {
    const usual = fixedPorts({});
    const changed = fixedPorts({
      ATLAS_PORT_POSTGRES_1: '6001',
      ATLAS_PORT_KAFKA_CONTROLLER: '6002',
    });

    expect(changed).toEqual({ ...usual, postgres1: 6_001, kafkaController: 6_002 });
    expect(new Set(Object.values(usual)).size).toBe(portNames.length);
  });

  it.each(['http', '0', '70000', '1.5'])('are not taken from %s', (text) => {
    expect(() => fixedPorts({ ATLAS_PORT_AWS: text })).toThrow(`ATLAS_PORT_AWS=${text} is no port`);
  });

  it('of one run are all different', async () => {
    expect(new Set(Object.values(await freePorts())).size).toBe(portNames.length);
  });

  it('that are taken are named, with the variable that changes them', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const ports = { ...(await freePorts()), standby0: port };

    const demand = demandFree(ports, ['valkey', 'standby0']);

    await expect(demand).rejects.toThrow(
      new RegExp(`port ${port} \\(standby0\\) is taken.*ATLAS_PORT_STANDBY_0=… make up`),
    );
    holder.close();
    await once(holder, 'close');
    await expect(demandFree(ports, ['valkey', 'standby0'])).resolves.toBeUndefined();
  });
});
