/**
 * Aborted when this process is told to end: whoever waits cleans up and ends it. Told twice by the same
 * signal, it ends at once.
 */
export const interruption = (): AbortSignal => {
  const told = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => told.abort());
  }
  return told.signal;
};
