import type { MetricName } from '@atlas/domain';
import { awsConfig, metricsConfig, stageConfig } from '../config.ts';

type Dimensions = Readonly<Record<string, string>>;

interface Datum {
  readonly metric: string;
  readonly dimensions: Dimensions;
  readonly values: number[];
}

const sendEveryMs = 1_000;
const answerMs = 1_000;
/** What PutMetricData takes: values of a datum, and data of a call. */
const most = { values: 150, data: 500 } as const;

/**
 * Emulators do not read metrics from logs, so that offline they are put into CloudWatch by a call. It is buffered,
 * made once a second at most, and waited for by nobody; what is not sent when the process dies is lost.
 */
export class EmulatedCloudWatch {
  private readonly send: (body: URLSearchParams) => Promise<unknown>;
  private readonly namespace: string;
  private data = new Map<string, Datum>();
  private timer: NodeJS.Timeout | undefined;

  constructor(namespace: string, send: (body: URLSearchParams) => Promise<unknown>) {
    this.namespace = namespace;
    this.send = send;
  }

  add(dimensions: Dimensions, metrics: readonly string[], values: readonly number[]): void {
    metrics.forEach((metric, i) => {
      const value = values[i] ?? 0;
      const key = JSON.stringify([metric, dimensions]);
      const known = this.data.get(key);
      if (known !== undefined && known.values.length < most.values) known.values.push(value);
      if (known === undefined && this.data.size < most.data) {
        this.data.set(key, { metric, dimensions, values: [value] });
      }
    });
    this.timer ??= setTimeout(() => this.put(), sendEveryMs).unref();
  }

  private put(): void {
    const data = [...this.data.values()];
    this.data = new Map();
    this.timer = undefined;
    void this.send(bodyOf(this.namespace, data)).catch(() => {});
  }
}

/** As the query protocol has it, which every emulator speaks. */
const bodyOf = (namespace: string, data: readonly Datum[]): URLSearchParams => {
  const body = new URLSearchParams({
    Action: 'PutMetricData',
    Version: '2010-08-01',
    Namespace: namespace,
  });
  data.forEach(({ metric, dimensions, values }, i) => {
    const member = `MetricData.member.${i + 1}`;
    body.set(`${member}.MetricName`, metric);
    Object.entries(dimensions).forEach(([name, value], j) => {
      body.set(`${member}.Dimensions.member.${j + 1}.Name`, name);
      body.set(`${member}.Dimensions.member.${j + 1}.Value`, value);
    });
    values.forEach((value, j) => {
      body.set(`${member}.Values.member.${j + 1}`, String(value));
    });
  });
  return body;
};

let emulated: EmulatedCloudWatch | undefined;

/** Without the SDK's client, which every function would carry for the sake of emulators, and without a signature. */
const open = (url: string): EmulatedCloudWatch => {
  const { POWERTOOLS_METRICS_NAMESPACE: namespace, AWS_REGION: region } = stageConfig();
  const credential = `test/20000101/${region}/monitoring/aws4_request`;
  return new EmulatedCloudWatch(namespace, (body) =>
    fetch(url, {
      method: 'POST',
      headers: {
        Authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`,
      },
      body,
      signal: AbortSignal.timeout(answerMs),
    }),
  );
};

/** Where the stage runs on an emulator; nothing elsewhere. */
export const mirrorToEmulator = (
  dimensions: Dimensions,
  metrics: readonly MetricName[],
  values: readonly number[],
): void => {
  if (!metricsConfig().emulated) return;
  const { AWS_ENDPOINT_URL: url } = awsConfig();
  if (url === undefined) return;
  emulated ??= open(url);
  emulated.add({ service: stageConfig().POWERTOOLS_SERVICE_NAME, ...dimensions }, metrics, values);
};
