import type { Generator } from './generator.ts';
import type { Mix } from './routes.ts';

export interface ClosedLoad {
  readonly seed: number;
  readonly mix: Mix;
  readonly clients: number;
  readonly durationMs: number;
}

/**
 * What is served a second when clients wait for their answers. Throws where something is not: a refusal costs
 * little, and would make it too much or too little.
 */
export const closedRate = async (
  generator: Pick<Generator, 'run'>,
  { seed, mix, clients, durationMs }: ClosedLoad,
): Promise<number> => {
  const load = { kind: 'closed', clients, durationMs } as const;
  const { counts } = await generator.run({ seed, mix, load });
  const { served, ...others } = counts;
  if (Object.values(others).some((count) => count > 0)) {
    throw new Error(`without a limit something was not served: ${JSON.stringify(counts)}`);
  }
  return (served / durationMs) * 1_000;
};
