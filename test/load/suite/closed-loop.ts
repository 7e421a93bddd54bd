import type { LoopClock, Sample } from './open-loop.ts';

export interface ClosedLoop<Answer> {
  readonly clients: number;
  readonly durationMs: number;
  readonly send: () => Promise<Answer>;
  readonly note: (sample: Sample<Answer>) => void;
  readonly clock: LoopClock;
}

/**
 * So many clients, each of which sends its next request when it has the answer to the one before. It finds
 * out how much can be done; of how long callers wait it tells too little (see open-loop.ts).
 */
export const closedLoop = async <Answer>({
  clients,
  durationMs,
  send,
  note,
  clock,
}: ClosedLoop<Answer>): Promise<void> => {
  const startMs = clock.nowMs();
  const elapsedMs = (): number => clock.nowMs() - startMs;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let dueMs = elapsedMs(); dueMs < durationMs; dueMs = elapsedMs()) {
        const answer = await send();
        note({ dueMs, lateMs: 0, latencyMs: elapsedMs() - dueMs, answer });
      }
    }),
  );
};
