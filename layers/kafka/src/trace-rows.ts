import type { EventMessage, OutboxRow, Span, Tracer } from '@atlas/domain';

export interface RelayTracing {
  readonly tracer: Tracer;
  /** The span of the relay's run, where it has one. */
  readonly parent?: Span | string | undefined;
}

/**
 * Sends rows together, each within a span of the trace of the request that wrote it, which its events carry on.
 * One span stands for what is sent at once; the others are linked to it, since it belongs to no one of their
 * traces.
 */
export const sendTraced = async (
  rows: readonly OutboxRow[],
  tracing: RelayTracing | undefined,
  send: (messages: readonly EventMessage[]) => Promise<void>,
): Promise<readonly EventMessage[]> => {
  const messages = rows.flatMap((row) => row.messages);
  if (tracing === undefined || messages.length === 0) {
    await send(messages);
    return messages;
  }
  const { tracer, parent } = tracing;
  const batch = tracer.start({
    name: 'publish events',
    kind: 'client',
    parent,
    attributes: { 'messaging.system': 'kafka', 'messaging.batch.message_count': messages.length },
  });
  const spans: Span[] = [];
  const traced = rows.flatMap((row) => {
    const written = row.messages[0]?.traceparent ?? undefined;
    if (written === undefined) return row.messages;
    const waitedMs = Math.max(0, Date.now() - row.writtenAt.getTime());
    const span = tracer.start({
      name: 'relay outbox row',
      kind: 'producer',
      parent: written,
      links: [batch.traceparent],
      attributes: { 'messaging.system': 'kafka', 'atlas.outbox.wait_ms': waitedMs },
    });
    spans.push(span);
    return row.messages.map((message) => ({ ...message, traceparent: span.traceparent }));
  });
  const end = (error?: unknown): void => {
    for (const span of [...spans, batch]) span.end(error);
  };
  try {
    await send(traced);
  } catch (error) {
    end(error);
    throw error;
  }
  end();
  return traced;
};
