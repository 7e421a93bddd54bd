import { gzipSync } from 'node:zlib';

/** As CloudWatch Logs sends them to a subscriber, base64 as Firehose hands it on. */
export const logRecord = (
  logGroup: string,
  messages: readonly string[],
  messageType: 'DATA_MESSAGE' | 'CONTROL_MESSAGE' = 'DATA_MESSAGE',
): string => {
  const envelope = {
    messageType,
    owner: '123456789012',
    logGroup,
    logStream: '2026/11/26/[$LATEST]4f1c6d6f1e5b4f2f8f0d',
    subscriptionFilters: ['atlas'],
    logEvents: messages.map((message, i) => ({
      id: `3895827480${String(i).padStart(46, '0')}`,
      timestamp: 1_764_183_600_000 + i,
      message,
    })),
  };
  return gzipSync(JSON.stringify(envelope)).toString('base64');
};

const writes = ['stdout', 'stderr'] as const;

/** Every line that this process writes while the work is done, and does not show. */
export const linesWrittenBy = async (work: () => unknown): Promise<readonly string[]> => {
  const written: string[] = [];
  const originals = writes.map((name) => process[name].write.bind(process[name]));
  for (const name of writes) {
    process[name].write = ((text: string | Uint8Array) => {
      written.push(Buffer.from(text as string).toString());
      return true;
    }) as typeof process.stdout.write;
  }
  try {
    await work();
  } finally {
    for (const [i, name] of writes.entries()) {
      process[name].write = originals[i] as typeof process.stdout.write;
    }
  }
  return written
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('{'));
};
