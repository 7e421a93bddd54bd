import type { Gateway } from '../../../support/in-process-gateway.ts';
import { seededRandom } from '../seeded-random.ts';

/** What becomes of requests, in so many of a hundred. */
export interface HandlerFault {
  /** The environment is lost before the handler did anything, or after it did everything. */
  readonly how: 'lost-before' | 'lost-after';
  readonly percent: number;
  readonly seed: number;
}

/** As Lambda loses an environment: nothing is answered. */
class EnvironmentLost extends Error {
  override readonly name = 'EnvironmentLost';
}

/** A gateway whose functions can be made to fail, as the platform below them does. */
export const faultyGateway = (gateway: Gateway) => {
  let fault: HandlerFault | undefined;
  let random = seededRandom(0);
  const answer: Gateway = async (request) => {
    const how = fault !== undefined && random.percent(fault.percent) ? fault.how : undefined;
    if (how === 'lost-before') throw new EnvironmentLost('before it did anything');
    const answered = await gateway(request);
    if (how === 'lost-after') throw new EnvironmentLost('after it did everything');
    return answered;
  };
  return {
    gateway: answer,
    suffer: (next: HandlerFault | undefined): void => {
      fault = next;
      random = seededRandom(next?.seed ?? 0);
    },
    isLost: (error: unknown): boolean => error instanceof EnvironmentLost,
  };
};
