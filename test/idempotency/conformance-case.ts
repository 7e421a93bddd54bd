/** What a case needs beyond a URL and a token of its own. */
export type Need = 'other-tenant' | 'faults' | 'clock';

/** Breaks what the API stands on, where the harness has it in its hands. */
export interface Faults {
  /** Nobody reaches the database until `heal`. */
  cutOff(): void;
  /** The next statement does not reach the database, and nobody does until `heal`. */
  loseStatement(): void;
  /** The next statement is committed, and its answer lost. `refuse`: nobody is let in until `heal`. */
  loseAnswer(after: 'reconnect' | 'refuse'): void;
  heal(): void;
  /** The same, and at that moment the process that asked is killed. */
  killAtStatement(): void;
  killAtAnswer(): void;
  /** Starts the process that was killed. */
  restart(): Promise<void>;
  /** Mends whatever a case left broken. */
  reset(): Promise<void>;
  /** Lets no write come to its end until it is released. */
  stall(): Promise<Stall>;
}

export interface Stall {
  untilSomebodyWaits(): Promise<void>;
  release(): Promise<void>;
}

export interface Clock {
  /** Makes everything that is stored about keys so much older. */
  pass(hours: number): Promise<void>;
}

/** An API to be tested: any that has a URL; and what only some harnesses have in their hands. */
export interface Harness {
  /** Without /v1. */
  readonly url: string;
  /** With the scopes ledger:read and ledger:write. */
  readonly token: string;
  /** The same, of another tenant. */
  readonly otherToken?: string | undefined;
  readonly faults?: Faults | undefined;
  readonly clock?: Clock | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a JSON object; what is read of it is checked where it is read. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Sent {
  /** null: without the header. */
  readonly key: string | null;
  /** An object is sent as JSON; text as it is. */
  readonly body: unknown;
  readonly path?: string;
  readonly method?: string;
  /** null: without a token. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One kind of request that is done once per key. `mark` is what the effects of a case are known by. */
export interface Subject {
  readonly name: string;
  readonly keptIn: 'postgres' | 'dynamodb';
  readonly path: string;
  /** Of a success. */
  readonly status: number;
  /** Whether it can be tried out with ?dryRun=true. */
  readonly dryRun: boolean;
  /** A request that succeeds. */
  body(mark: string): object;
  /** One that a rule of the business refuses, always alike. */
  refused(mark: string): object;
  /** How many of the things marked so there are. */
  effects(mark: string): Promise<number>;
}

export interface CaseContext {
  readonly harness: Harness;
  readonly subject: Subject;
  /** Of this case, not used by any other. */
  readonly key: string;
  readonly mark: string;
  /** Sends to the subject's path, as its tenant, unless it is told otherwise. */
  readonly send: (request: Sent) => Promise<Answer>;
  /** The parts that the case says it needs. */
  readonly faults: Faults;
  readonly clock: Clock;
  readonly otherToken: string;
}

/** One thing that is demanded of keys. `run` throws where it does not hold. */
export interface ConformanceCase {
  readonly name: string;
  readonly needs: readonly Need[];
  /** Which subjects it is about; default: all. */
  readonly about?: (subject: Subject) => boolean;
  readonly run: (context: CaseContext) => Promise<void>;
}
