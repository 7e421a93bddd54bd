import type { ProblemCode } from '@atlas/runtime';
import type { FisAction } from './fis-template.ts';
import type { GroupLoad } from './group-load.ts';
import type { Random } from './seeded-random.ts';

/** What a caller can be told instead of what he asked for. */
export type Told = ProblemCode | 'no-answer';

/**
 * Whom a fault reaches. `group`: the experiment group alone, on its own way to the parts; the control
 * group must not notice. `world`: both groups, through their databases. `parts`: whoever uses the part.
 */
export type BlastRadius = 'group' | 'world' | 'parts';

/** What an injection may do, and how it says what it did. */
export interface Injection<World> {
  readonly world: World;
  /** Of the run's seed: when and where something breaks. */
  readonly random: Random;
  readonly load: GroupLoad;
  /** Fires when the abort condition is met. */
  readonly signal: AbortSignal;
  /** Before anything is broken: how it is mended. Runs at the end, last first, whatever happens. */
  readonly undo: (step: () => unknown) => void;
  /** That the fault took place, and how often. A run without any shows nothing. */
  readonly evidence: (what: string, count: number) => void;
  /** Something else than what was expected. */
  readonly finding: (what: string) => void;
  /** Lets the fault last; ends early when the run is aborted. */
  readonly hold: (ms: number) => Promise<void>;
}

/**
 * An experiment: a hypothesis about the steady state, a fault with its blast radius, and what ends it
 * early. The invariants (see invariants.ts) are part of every hypothesis.
 */
export interface Experiment<World> {
  /** Kebab case, as the file and as `make chaos EXPERIMENT=…`. */
  readonly name: string;
  readonly hypothesis: string;
  readonly blastRadius: BlastRadius;
  /** The page of docs/runbooks that helps when this happens; undefined where none is about it. */
  readonly runbook: string | undefined;
  /** What callers may be told meanwhile. None: they notice nothing. */
  readonly tells: readonly Told[];
  /** Ends the run when it answers, with the reason. Default: the control group is touched. */
  readonly abortWhen?: (experiment: GroupLoad, control: GroupLoad) => string | undefined;
  /** How soon after the rollback callers are served as before. Default 30 s. */
  readonly recoveryMs?: number;
  /** Takes minutes, and what it does depends on no seed: runs with the first one only. */
  readonly once?: boolean;
  /** Runs in CI beside other suites: short, and of no consequence for them. */
  readonly inCi?: boolean;
  /** The same against a deployment, where AWS Fault Injection Service can do it. */
  readonly fis?: FisAction;
  readonly inject: (injection: Injection<World>) => Promise<void>;
}
