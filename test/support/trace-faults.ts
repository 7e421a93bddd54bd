import { parseTraceparent } from '@atlas/domain';
import type { CollectedSpan } from '../../localstack/tracing/collected-span.ts';
import type { TraceNode, TraceStore } from '../../localstack/tracing/trace-store.ts';

/** A transfer of two accounts, as its caller saw it. */
export interface TracedTransfer {
  /** Of the answer. */
  readonly traceparent: string;
  /** What the caller sent, if he did. */
  readonly sent?: string | undefined;
}

const nodesOf = (nodes: readonly TraceNode[]): TraceNode[] =>
  nodes.flatMap((node) => [node, ...nodesOf(node.children)]);

const isDependency = (name: string) => (node: CollectedSpan) =>
  node.kind === 'client' && node.name.startsWith(name);

/**
 * Why the trace of a transfer is not one connected trace from HTTP to projection: what is missing, what hangs in
 * the air, and links that lead nowhere.
 */
export const traceFaults = (store: TraceStore, { traceparent, sent }: TracedTransfer): string[] => {
  const { traceId = '', spanId } = parseTraceparent(traceparent) ?? {};
  const roots = store.treeOf(traceId);
  const faults: string[] = [];
  const demand = (holds: boolean, what: string): void => {
    if (!holds) faults.push(`${traceId}: ${what}`);
  };
  demand(roots.length === 1, `${roots.length} spans are below none that is known`);
  const [root] = roots;
  if (root === undefined) return faults;
  demand(root.kind === 'server' && root.spanId === spanId, 'it does not begin with the request');
  demand(
    root.parentSpanId === parseTraceparent(sent)?.spanId,
    'it is not below what the caller sent',
  );
  demand(root.children.some(isDependency('postgres')), 'the request asked no database');
  const relayed = root.children.filter(({ kind }) => kind === 'producer');
  demand(relayed.length === 1, `${relayed.length} outbox rows were relayed`);
  const projected = relayed.flatMap(({ children }) => children);
  demand(projected.length === 2, `${projected.length} accounts were projected`);
  for (const { kind, name, children } of projected) {
    demand(kind === 'consumer' && name.startsWith('project-balances'), `${name} is no projection`);
    demand(children.some(isDependency('dynamodb')), 'a projection wrote nothing');
  }
  for (const { links, name } of [...relayed, ...projected]) {
    demand(links.length === 1, `${name} is linked to ${links.length} spans`);
    for (const link of links) {
      const isKnown = store.spansOf(link.traceId).some((span) => span.spanId === link.spanId);
      demand(isKnown && link.traceId !== traceId, `${name} is linked to nothing`);
    }
  }
  demand(
    nodesOf(roots).every(({ failed }) => !failed),
    'a span failed',
  );
  return faults;
};
