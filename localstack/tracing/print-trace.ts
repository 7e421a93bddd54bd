import type { TraceNode } from './trace-store.ts';

/** The attributes that a line has room for, in this order. */
const told = [
  'http.response.status_code',
  'atlas.problem',
  'error.type',
  'messaging.batch.message_count',
  'atlas.outbox.wait_ms',
  'atlas.attempts',
] as const;

/** A trace as text: one line a span, each below the one that caused it, with when it began. */
export const printTrace = (roots: readonly TraceNode[]): string => {
  const startedAtUnixMs = Math.min(...roots.map((root) => root.startedAtUnixMs));
  const rows: (readonly [string, TraceNode])[] = [];
  const add = (nodes: readonly TraceNode[], indent: string, isRoot: boolean): void => {
    for (const [i, node] of nodes.entries()) {
      const isLast = i === nodes.length - 1;
      const branch = isLast ? '└─ ' : '├─ ';
      const below = isLast ? '   ' : '│  ';
      rows.push([`${indent}${isRoot ? '' : branch}${node.name}`, node]);
      add(node.children, isRoot ? '' : `${indent}${below}`, false);
    }
  };
  add(roots, '', true);
  const width = Math.max(...rows.map(([text]) => text.length));
  return rows
    .map(([text, node]) => {
      const beganMs = (node.startedAtUnixMs - startedAtUnixMs).toFixed(1);
      const times = `${beganMs.padStart(9)} ${`+${node.durationMs.toFixed(1)}`.padStart(9)} ms`;
      return `${text.padEnd(width)}  ${node.kind.padEnd(8)} ${times}  ${detailsOf(node)}`.trimEnd();
    })
    .join('\n');
};

const detailsOf = (node: TraceNode): string => {
  const facts = told.flatMap((name) => {
    const value = node.attributes[name];
    return value === undefined || (name === 'atlas.attempts' && value === 1)
      ? []
      : [`${name.split('.').at(-1)}=${value}`];
  });
  const links = node.links.map(({ traceId }) => `→ ${traceId}`);
  return [...(node.failed ? ['failed'] : []), ...facts, ...links].join(' ');
};
