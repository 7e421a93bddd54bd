/** One HTTP/1.1 message: its first line, its headers in lower case, and its body. */
export interface Message {
  readonly start: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const headEnd = '\r\n\r\n';

/**
 * Cuts a connection's bytes into messages with a Content-Length (or none, and then no body), which
 * is all that the Runtime API and its clients send. Node's own server and client would cost more
 * CPU time than a whole request of the function between them.
 */
export const messageReader = (onMessage: (message: Message) => void): ((chunk: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.indexOf(headEnd);
      if (end < 0) return;
      const [start = '', ...lines] = rest.toString('latin1', 0, end).split('\r\n');
      const headers = new Map(
        lines.map((line) => {
          const colon = line.indexOf(':');
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
        }),
      );
      const bodyStart = end + headEnd.length;
      const bodyEnd = bodyStart + Number(headers.get('content-length') ?? 0);
      if (rest.length < bodyEnd) return;
      const body = rest.toString('utf8', bodyStart, bodyEnd);
      rest = rest.subarray(bodyEnd);
      onMessage({ start, headers, body });
    }
  };
};

export const messageText = (
  start: string,
  headers: Readonly<Record<string, string | number>>,
  body = '',
): string => {
  let text = `${start}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  for (const [name, value] of Object.entries(headers)) text += `${name}: ${value}\r\n`;
  return `${text}\r\n${body}`;
};
