import { Fault, type OutboundCall } from '@atlas/domain';
import type { ResilientGuard } from '@atlas/runtime';

interface AwsError {
  readonly $fault?: 'client' | 'server';
  readonly name?: string;
}

/** What the service answered to what was asked, as opposed to not answering, or asking for patience. */
const isAnswer = (error: unknown): boolean => {
  const { $fault, name = '' } = error as AwsError;
  return $fault === 'client' && !/Throttl|TooManyRequests|RequestLimit|SlowDown/.test(name);
};

/**
 * Calls an AWS service through a guard. Its answers, refusals among them, are passed on; whatever else
 * goes wrong is a fault.
 */
export const awsCall = <Output>(
  guard: ResilientGuard,
  { deadline, tenant }: Pick<OutboundCall, 'deadline' | 'tenant'>,
  call: (options: { readonly abortSignal: AbortSignal }) => Promise<Output>,
): Promise<Output> =>
  guard.run(
    (abortSignal) =>
      call({ abortSignal }).catch((error: unknown) => {
        if (isAnswer(error)) throw error;
        const message = `${guard.name} does not answer`;
        throw new Fault('dependency-unavailable', message, { cause: error });
      }),
    { deadline, effect: 'repeatable', ...(tenant === undefined ? {} : { tenant }) },
  );
