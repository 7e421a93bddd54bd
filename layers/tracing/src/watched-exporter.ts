import type { SpanExporter } from '@opentelemetry/sdk-trace';

type Spans = Parameters<SpanExporter['export']>[0];
type Callback = Parameters<SpanExporter['export']>[1];

/** ExportResultCode.FAILED. */
const failed = 1;

const exported = (exporter: SpanExporter, spans: Spans): Promise<Parameters<Callback>[0]> =>
  new Promise((resolve) => exporter.export(spans, resolve));

/**
 * Loads the real exporter at the first export, and knows which exports are under way: the processor forgets
 * those that its timer began, and whoever ends the process must wait for them, too.
 */
export class WatchedExporter implements SpanExporter {
  private readonly load: () => Promise<SpanExporter>;
  private readonly underWay = new Set<Promise<void>>();
  private exporter: Promise<SpanExporter> | undefined;

  constructor(load: () => Promise<SpanExporter>) {
    this.load = load;
  }

  export(spans: Spans, tell: Callback): void {
    this.exporter ??= this.load();
    const made = this.exporter
      .then((exporter) => exported(exporter, spans))
      .catch((error: Error) => ({ code: failed, error }))
      .then((result) => tell(result));
    this.underWay.add(made);
    void made.finally(() => this.underWay.delete(made));
  }

  /** Once nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.underWay.size > 0) await Promise.allSettled(this.underWay);
  }

  async shutdown(): Promise<void> {
    await this.settled();
    await (await this.exporter)?.shutdown();
  }
}
