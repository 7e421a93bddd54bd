import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import * as z from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const segment = z.object({
  id: z.string(),
  name: z.string(),
  trace_id: z.string().optional(),
  parent_id: z.string().optional(),
  fault: z.boolean().optional(),
  annotations: z.record(z.string(), scalar).default({}),
  links: z.array(z.object({ trace_id: z.string(), id: z.string() })).default([]),
  get subsegments() {
    return z.array(segment).default([]);
  },
});

export type XraySegment = z.output<typeof segment>;

export interface XrayDaemon {
  readonly address: string;
  /** Whole segments, with what is below them. */
  readonly segments: readonly XraySegment[];
  /** All that came, as it came. */
  readonly text: () => string;
  close(): void;
}

/** Takes segments as X-Ray's daemon does, over UDP: a line that names the format, and the document. */
export const xrayDaemon = async (): Promise<XrayDaemon> => {
  const socket = createSocket('udp4');
  const segments: XraySegment[] = [];
  const texts: string[] = [];
  socket.on('message', (datagram) => {
    const text = datagram.toString();
    texts.push(text);
    segments.push(segment.parse(JSON.parse(text.slice(text.indexOf('\n') + 1))));
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    segments,
    text: () => texts.join('\n'),
    close: () => socket.close(),
  };
};
