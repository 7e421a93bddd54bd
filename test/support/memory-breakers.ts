import type { BreakerStore, OpenBreaker } from '@atlas/domain';

export interface MemoryBreakers extends BreakerStore {
  readonly told: Map<string, OpenBreaker>;
  readonly calls: string[];
  /** What becomes of every call. */
  mode: 'well' | 'failing' | 'silent';
}

/** What a fleet shares, in memory. */
export const memoryBreakers = (): MemoryBreakers => {
  const told = new Map<string, OpenBreaker>();
  const probes = new Map<string, number>();
  const calls: string[] = [];
  const answer = async <T>(call: string, work: () => T): Promise<T> => {
    calls.push(call);
    if (store.mode === 'failing') throw new Error('the store is down');
    if (store.mode === 'silent') return new Promise<T>(() => {});
    return work();
  };
  const store: MemoryBreakers = {
    told,
    calls,
    mode: 'well',
    read: (name) => answer('read', () => told.get(name)),
    open: (name, breaker) =>
      answer('open', () => {
        const known = told.get(name);
        if (known !== undefined && known.openUntilMs >= breaker.openUntilMs) return;
        told.set(name, breaker);
        probes.delete(name);
      }),
    claimProbe: (name, nowMs, untilMs) =>
      answer('claimProbe', () => {
        const openUntilMs = told.get(name)?.openUntilMs ?? Number.POSITIVE_INFINITY;
        if (openUntilMs > nowMs || (probes.get(name) ?? 0) > nowMs) return false;
        probes.set(name, untilMs);
        return true;
      }),
    close: (name) =>
      answer('close', () => {
        told.delete(name);
        probes.delete(name);
      }),
  };
  return store;
};
