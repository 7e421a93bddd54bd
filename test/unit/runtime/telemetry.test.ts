import { describe, expect, it } from 'vitest';
import { endpointTelemetry, type RequestRecord } from '../../../layers/runtime/src/telemetry.ts';
import { capturedOutput } from '../../support/captured-output.ts';

const output = capturedOutput();

const lines = () =>
  output
    .text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const posted: RequestRecord = {
  method: 'POST',
  path: '/v1/transfers',
  status: 201,
  durationMs: 4.25,
  requestId: 'r-1',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  tenant: 'acme',
};

interface Metrics {
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string;
    readonly Dimensions: readonly (readonly string[])[];
    readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
  }[];
}

describe('the telemetry of an endpoint', () => {
  it('is one line a request: metrics, and what they are about', () => {
    endpointTelemetry('post-transfer').record(posted);

    const [line = {}, ...others] = lines();
    const { durationMs, ...said } = posted;
    expect(others).toEqual([]);
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    expect(line).toMatchObject({ ...said, level: 'INFO', endpoint: 'post-transfer', traceId });
    expect(line).toMatchObject({ Requests: 1, Faults: 0, Refusals: 0, LatencyMs: durationMs });
    const [directive] = (line._aws as Metrics).CloudWatchMetrics;
    expect(directive?.Dimensions).toEqual([['service', 'endpoint']]);
    expect(directive?.Metrics.map(({ Name }) => Name)).toEqual([
      'Requests',
      'Faults',
      'Refusals',
      'LatencyMs',
    ]);
  });

  it('says of each request what is true of it, and nothing of the one before', () => {
    const telemetry = endpointTelemetry('post-transfer');
    telemetry.record({ ...posted, status: 422, problem: 'insufficient-funds', replayed: true });
    telemetry.record({ ...posted, tenant: undefined });

    const [refused = {}, next = {}] = lines();
    expect(refused).toMatchObject({ problem: 'insufficient-funds', replayed: true, Refusals: 1 });
    expect(Object.keys(next)).not.toContain('problem');
    expect(Object.keys(next)).not.toContain('replayed');
    expect(Object.keys(next)).not.toContain('tenant');
  });

  it('tells of a fault with its error, in a line of its own', () => {
    const error = Object.assign(new Error('no route to 10.0.0.7'), { code: 'EHOSTUNREACH' });
    endpointTelemetry('post-transfer').record({ ...posted, status: 503, error });

    const [failure = {}, metrics = {}, ...others] = lines();
    expect(others).toEqual([]);
    expect(failure).toMatchObject({ level: 'ERROR', message: 'request failed', requestId: 'r-1' });
    expect(failure.error).toMatchObject({ name: 'Error', code: 'EHOSTUNREACH' });
    expect(JSON.stringify(failure)).not.toContain('10.0.0.7');
    expect(metrics).toMatchObject({ level: 'ERROR', status: 503, Faults: 1, Refusals: 0 });
  });
});
