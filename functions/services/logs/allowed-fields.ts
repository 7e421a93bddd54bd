import * as z from 'zod';
import type { LoggedError } from './log-document.ts';
import { redact } from './redact.ts';

/** Longest texts, in characters: what is longer is cut, so that no document is larger than a record may be. */
const longest = { name: 256, message: 8_192, stack: 8_192 } as const;
/** A deeper cause says nothing that those above it do not. */
const deepestCause = 3;
const mostMetrics = 64;

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

/** Redacted before it is cut: half a secret is one, too. */
const textOf = (length: number) =>
  z.string().transform((text) => cut(redact(text.slice(0, 4 * length)), length));

const name = textOf(longest.name).optional().catch(undefined);

const errorOf = (depth: number): z.ZodType<LoggedError | undefined> =>
  z
    .object({
      name,
      message: textOf(longest.message).optional().catch(undefined),
      code: name,
      stack: z
        .union([z.string(), z.array(z.string()).transform((frames) => frames.join('\n'))])
        .pipe(textOf(longest.stack))
        .optional()
        .catch(undefined),
      cause: depth === 0 ? z.undefined().catch(undefined) : z.lazy(() => errorOf(depth - 1)),
    })
    .transform(withoutUndefined)
    .optional()
    .catch(undefined) as z.ZodType<LoggedError | undefined>;

/** Without the keys that have no value. */
export function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}

const directive = z.object({
  CloudWatchMetrics: z.array(
    z.object({ Metrics: z.array(z.object({ Name: z.string().max(longest.name) })) }),
  ),
});

/** The fields of a JSON log line that may leave, each in its form; a field of another form stays behind. */
export const allowedFields = z.object({
  level: name,
  message: textOf(longest.message).optional().catch(undefined),
  requestId: name,
  traceId: name,
  traceparent: name,
  method: name,
  path: name,
  status: z.number().int().optional().catch(undefined),
  tenant: name,
  problem: name,
  replayed: z.boolean().optional().catch(undefined),
  dependency: name,
  durationMs: z.number().optional().catch(undefined),
  error: errorOf(deepestCause),
});

/** The values of the metrics that a line of the embedded metric format declares. */
export const metricsOf = (line: Readonly<Record<string, unknown>>): Record<string, number> => {
  const declared = directive.safeParse(line._aws);
  if (!declared.success) return {};
  const names = declared.data.CloudWatchMetrics.flatMap(({ Metrics }) =>
    Metrics.map(({ Name }) => Name),
  );
  const values = [...new Set(names)].flatMap((one): [string, number][] => {
    const [value] = [line[one]].flat();
    return typeof value === 'number' && Number.isFinite(value) ? [[one, value]] : [];
  });
  return Object.fromEntries(values.slice(0, mostMetrics));
};

export const longText = textOf(longest.message);
