import * as z from 'zod';

const value = z.object({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  // 64-bit integers are text in some exporters' JSON, and numbers in others'.
  intValue: z.union([z.string(), z.number()]).optional(),
  doubleValue: z.number().optional(),
});

const attributes = z.array(z.object({ key: z.string(), value })).default([]);
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const nanoseconds = z.union([z.string(), z.number()]).transform(BigInt);

const span = z.object({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: z.union([hex(16), z.literal('')]).optional(),
  name: z.string(),
  kind: z.number().int().default(1),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  links: z.array(z.object({ traceId: hex(32), spanId: hex(16) })).default([]),
  status: z.object({ code: z.number().int().default(0) }).default({ code: 0 }),
});

const exportRequest = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }).default({ attributes: [] }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
});

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const failed = 2;

/** A span as it was exported. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Absent: it began the trace. */
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: (typeof kinds)[number];
  readonly service: string;
  readonly startedAtUnixMs: number;
  readonly durationMs: number;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

const attributesOf = (list: z.output<typeof attributes>): CollectedSpan['attributes'] =>
  Object.fromEntries(
    list.map(({ key, value: { stringValue, boolValue, intValue, doubleValue } }) => [
      key,
      stringValue ?? boolValue ?? doubleValue ?? Number(intValue ?? 0),
    ]),
  );

const milliseconds = (nanos: bigint): number => Number(nanos / 1_000n) / 1_000;

/** Reads a body of OTLP over HTTP in JSON. Throws where it is none. */
export const readExport = (body: string): readonly CollectedSpan[] =>
  exportRequest.parse(JSON.parse(body)).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesOf(resource.attributes)['service.name'] ?? 'unknown');
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((one) => ({
        traceId: one.traceId,
        spanId: one.spanId,
        ...(one.parentSpanId ? { parentSpanId: one.parentSpanId } : {}),
        name: one.name,
        kind: kinds[one.kind] ?? 'unspecified',
        service,
        startedAtUnixMs: milliseconds(one.startTimeUnixNano),
        durationMs: milliseconds(one.endTimeUnixNano - one.startTimeUnixNano),
        failed: one.status.code === failed,
        attributes: attributesOf(one.attributes),
        links: one.links.map(({ traceId, spanId }) => ({ traceId, spanId })),
      })),
    );
  });
