/** One HTTP/1.1 message: its first line, its headers by their names in lower case, and its body. */
export interface Message {
  readonly start: string;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

const lineEnd = '\r\n';
const headEnd = `${lineEnd}${lineEnd}`;

/** Looks for a header in the text: of several, most are never asked for. */
const headerOf = (head: string, name: string): string | undefined => {
  const start = head.toLowerCase().indexOf(`${lineEnd}${name}:`);
  if (start < 0) return undefined;
  const end = head.indexOf(lineEnd, start + lineEnd.length);
  const from = start + lineEnd.length + name.length + 1;
  return head.slice(from, end < 0 ? undefined : end).trim();
};

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
      const head = rest.toString('latin1', 0, end);
      const bodyStart = end + headEnd.length;
      const bodyEnd = bodyStart + Number(headerOf(head, 'content-length') ?? 0);
      if (rest.length < bodyEnd) return;
      const body = rest.toString('utf8', bodyStart, bodyEnd);
      rest = rest.subarray(bodyEnd);
      const firstLineEnd = head.indexOf(lineEnd);
      onMessage({
        start: firstLineEnd < 0 ? head : head.slice(0, firstLineEnd),
        header: (name) => headerOf(head, name),
        body,
      });
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
