import type { CollectedSpan } from './collected-span.ts';

/** A span with what is below it, in the order in which it began. */
export interface TraceNode extends CollectedSpan {
  readonly children: readonly TraceNode[];
}

export interface TraceSummary {
  readonly traceId: string;
  /** Of the span that began it. */
  readonly name: string;
  readonly startedAtUnixMs: number;
  readonly durationMs: number;
  readonly spans: number;
  readonly failed: boolean;
}

/** Of one trace; what an endless one has beyond is not kept. */
const maxSpans = 5_000;

/** The last traces that were seen, in memory: the one that nothing was added to for longest goes first. */
export class TraceStore {
  private readonly maxTraces: number;
  private readonly traces = new Map<string, CollectedSpan[]>();

  constructor(maxTraces: number) {
    this.maxTraces = maxTraces;
  }

  add(spans: readonly CollectedSpan[]): void {
    for (const span of spans) {
      const known = this.traces.get(span.traceId) ?? [];
      this.traces.delete(span.traceId);
      this.traces.set(span.traceId, known);
      if (known.length < maxSpans) known.push(span);
    }
    for (const traceId of this.traces.keys()) {
      if (this.traces.size <= this.maxTraces) break;
      this.traces.delete(traceId);
    }
  }

  spansOf(traceId: string): readonly CollectedSpan[] {
    return this.traces.get(traceId) ?? [];
  }

  /** The trace as a tree: more than one root where a span above another was not exported, or not yet. */
  treeOf(traceId: string): readonly TraceNode[] {
    const spans = this.spansOf(traceId).toSorted((a, b) => a.startedAtUnixMs - b.startedAtUnixMs);
    const known = new Set(spans.map(({ spanId }) => spanId));
    const below = Map.groupBy(spans, ({ parentSpanId = '' }) =>
      known.has(parentSpanId) ? parentSpanId : '',
    );
    const nodesBelow = (spanId: string): readonly TraceNode[] =>
      (below.get(spanId) ?? []).map((span) => ({ ...span, children: nodesBelow(span.spanId) }));
    return nodesBelow('');
  }

  /** The newest first. */
  recent(limit: number): readonly TraceSummary[] {
    return [...this.traces.keys()]
      .slice(-limit)
      .reverse()
      .map((traceId) => this.summaryOf(traceId));
  }

  private summaryOf(traceId: string): TraceSummary {
    const spans = this.spansOf(traceId);
    const startedAtUnixMs = Math.min(...spans.map((span) => span.startedAtUnixMs));
    const endedAtUnixMs = Math.max(...spans.map((span) => span.startedAtUnixMs + span.durationMs));
    return {
      traceId,
      name: this.treeOf(traceId)[0]?.name ?? '',
      startedAtUnixMs,
      durationMs: Math.round((endedAtUnixMs - startedAtUnixMs) * 1_000) / 1_000,
      spans: spans.length,
      failed: spans.some((span) => span.failed),
    };
  }
}
