import { type TcpProxy, tcpProxy } from '../../../support/tcp-proxy.ts';
import type { CallWatch } from './aws-proxy.ts';

/** Requests of Kafka's protocol by their api key (kafka.apache.org/protocol). */
const requestNames: Readonly<Record<number, string>> = {
  0: 'Produce',
  1: 'Fetch',
  8: 'OffsetCommit',
  9: 'OffsetFetch',
  22: 'InitProducerId',
};

/** A proxy before one broker, which clients stay behind although the broker tells them its address. */
export interface KafkaProxy extends TcpProxy {
  /** Ends the connection instead of passing on the acknowledgement of what was appended. */
  loseAcknowledgements(befalls: () => boolean): void;
  /** How many acknowledgements were lost. */
  lost(): number;
}

/** The broker's address as its answers have it: a host, and a port of four bytes. */
const addressIn = (host: string, port: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(port);
  return Buffer.concat([Buffer.from(host), bytes]);
};

/** Names of the requests that begin in each piece of a stream, whose requests carry their length. */
const requestReader = () => {
  let leftBytes = 0;
  return (chunk: Buffer): readonly string[] => {
    const names: string[] = [];
    let at = Math.min(leftBytes, chunk.length);
    leftBytes -= at;
    while (at + 6 <= chunk.length) {
      const key = chunk.readInt16BE(at + 4);
      names.push(requestNames[key] ?? `request ${key}`);
      const end = at + 4 + chunk.readInt32BE(at);
      leftBytes = Math.max(0, end - chunk.length);
      at = Math.min(end, chunk.length);
    }
    return names;
  };
};

export const kafkaProxy = async (
  broker: { readonly host: string; readonly port: number },
  watch: CallWatch = () => 'pass',
): Promise<KafkaProxy> => {
  const real = addressIn(broker.host, broker.port);
  let befalls: (() => boolean) | undefined;
  let lost = 0;
  const proxy = await tcpProxy(broker, () => {
    const read = requestReader();
    let asked: readonly string[] = [];
    return (chunk, from) => {
      if (from === 'client') {
        const names = read(chunk);
        if (names.length > 0) asked = names;
        return names.some((name) => watch(name, 'sent') === 'lose') ? undefined : chunk;
      }
      const answered = asked;
      asked = [];
      if (answered.includes('Produce') && befalls?.() === true) {
        lost += 1;
        return undefined;
      }
      if (answered.some((name) => watch(name, 'answered') === 'lose')) return undefined;
      for (let at = chunk.indexOf(real); at !== -1; at = chunk.indexOf(real, at + 1)) {
        chunk.writeInt32BE(proxy.port, at + real.length - 4);
      }
      return chunk;
    };
  });
  return {
    ...proxy,
    loseAcknowledgements: (decide) => {
      befalls = decide;
    },
    heal: () => {
      befalls = undefined;
      proxy.heal();
    },
    lost: () => lost,
  };
};
