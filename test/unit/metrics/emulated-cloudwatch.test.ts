import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EmulatedCloudWatch } from '../../../layers/runtime/src/metrics/emulated-cloudwatch.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const emulated = (send: () => Promise<unknown> = async () => {}) => {
  const sent: URLSearchParams[] = [];
  const target = new EmulatedCloudWatch('Atlas', (body) => {
    sent.push(body);
    return send();
  });
  return { target, sent };
};
const service = { service: 'atlas', endpoint: 'post-transfer' };

describe('metrics for the CloudWatch of an emulator', () => {
  it('are sent together, once a second at most, with the values of each', async () => {
    const { target, sent } = emulated();
    target.add(service, ['Requests', 'LatencyMs'], [1, 4.25]);
    target.add(service, ['Requests', 'LatencyMs'], [1, 7]);
    await vi.advanceTimersByTimeAsync(999);
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(Object.fromEntries(sent[0] ?? [])).toEqual({
      Action: 'PutMetricData',
      Version: '2010-08-01',
      Namespace: 'Atlas',
      'MetricData.member.1.MetricName': 'Requests',
      'MetricData.member.1.Dimensions.member.1.Name': 'service',
      'MetricData.member.1.Dimensions.member.1.Value': 'atlas',
      'MetricData.member.1.Dimensions.member.2.Name': 'endpoint',
      'MetricData.member.1.Dimensions.member.2.Value': 'post-transfer',
      'MetricData.member.1.Values.member.1': '1',
      'MetricData.member.1.Values.member.2': '1',
      'MetricData.member.2.MetricName': 'LatencyMs',
      'MetricData.member.2.Dimensions.member.1.Name': 'service',
      'MetricData.member.2.Dimensions.member.1.Value': 'atlas',
      'MetricData.member.2.Dimensions.member.2.Name': 'endpoint',
      'MetricData.member.2.Dimensions.member.2.Value': 'post-transfer',
      'MetricData.member.2.Values.member.1': '4.25',
      'MetricData.member.2.Values.member.2': '7',
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent).toHaveLength(1);
  });

  it('are no more than one call takes', async () => {
    const { target, sent } = emulated();
    for (let i = 0; i < 400; i += 1) target.add(service, ['Requests'], [1]);
    for (let i = 0; i < 700; i += 1) target.add({ ...service, endpoint: `e${i}` }, ['Faults'], [0]);
    await vi.advanceTimersByTimeAsync(1_000);
    const names = [...(sent[0]?.keys() ?? [])];
    expect(names.filter((name) => name.startsWith('MetricData.member.1.Values.'))).toHaveLength(
      150,
    );
    expect(names.filter((name) => name.endsWith('.MetricName'))).toHaveLength(500);
  });

  it('are lost where nobody takes them, and the next are sent all the same', async () => {
    const { target, sent } = emulated(() => Promise.reject(new Error('refused')));
    for (let i = 0; i < 2; i += 1) {
      target.add(service, ['Requests'], [1]);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(sent).toHaveLength(2);
  });
});
