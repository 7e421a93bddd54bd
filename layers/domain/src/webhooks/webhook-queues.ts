import type { AttemptResult } from './delivery-attempts.ts';

/** The first delivery of a queue, whose lease the taker holds. */
export interface TakenDelivery {
  readonly tenant: string;
  readonly endpointId: string;
  /** An account, or for a ping the endpoint itself. */
  readonly subjectId: string;
  readonly lease: bigint;
  readonly deliveryId: string;
  /** How often it was tried before. */
  readonly attempts: number;
  readonly payload: string;
}

export interface WebhookTarget {
  readonly url: string;
  readonly status: 'enabled' | 'disabled' | 'deleted';
  /** The newest first; all of them sign. */
  readonly sealedSecrets: readonly string[];
}

export interface TakeOptions {
  readonly limit: number;
  /** Of one endpoint, over all workers. */
  readonly perEndpoint: number;
  readonly leaseMs: number;
}

/**
 * Port: the queues of deliveries, one for each endpoint and subject. A queue is leased, its first
 * delivery sent, and the lease given back with the result; so there is one sender at a time, and order.
 * A sender that dies leaves its lease to run out, and what it sent is sent again: at least once.
 */
export interface WebhookQueues {
  take(options: TakeOptions): Promise<readonly TakenDelivery[]>;
  readTarget(taken: TakenDelivery): Promise<WebhookTarget | undefined>;
  /** False, and nothing happened, when the lease is somebody else's by now. */
  finish(taken: TakenDelivery, result: AttemptResult): Promise<boolean>;
  disableGone(taken: TakenDelivery): Promise<void>;
  /** For how long the most overdue queue has been due. */
  lagMs(): Promise<number>;
  /** Forgets what ended thirty days ago, so many at a time; answers how many. */
  forgetOld(limit: number): Promise<number>;
}
