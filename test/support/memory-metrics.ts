import type { Addition, MetricStore, ToldMetrics } from '@atlas/domain';

export interface MemoryMetrics extends MetricStore {
  readonly counts: Map<string, Map<string, number>>;
  readonly measured: Map<string, ReadonlyMap<string, number>>;
  readonly calls: string[];
  /** What becomes of every addition: `lost` is made, and its answer is not heard. */
  mode: 'well' | 'refusing' | 'lost' | 'unmade' | 'silent';
}

/** What a fleet adds up, in memory. */
export const memoryMetrics = (): MemoryMetrics => {
  const counts = new Map<string, Map<string, number>>();
  const measured = new Map<string, ReadonlyMap<string, number>>();
  const calls: string[] = [];
  const silence = () => new Promise<never>(() => {});
  const store: MemoryMetrics = {
    counts,
    measured,
    calls,
    mode: 'well',
    async add(source, values): Promise<Addition> {
      calls.push('add');
      if (store.mode === 'silent') return silence();
      if (store.mode === 'refusing') return 'refused';
      if (store.mode === 'unmade') return 'unknown';
      const known = counts.get(source) ?? new Map<string, number>();
      for (const [key, value] of values) known.set(key, (known.get(key) ?? 0) + value);
      counts.set(source, known);
      return store.mode === 'lost' ? 'unknown' : 'added';
    },
    async measure(source, values) {
      calls.push('measure');
      if (store.mode === 'silent') return silence();
      measured.set(source, new Map(values));
    },
    async readAll(): Promise<readonly ToldMetrics[]> {
      return [
        ...[...counts].map(([source, values]) => ({ kind: 'counts' as const, source, values })),
        ...[...measured].map(([source, values]) => ({ kind: 'measures' as const, source, values })),
      ];
    },
  };
  return store;
};
