import type { Threshold } from '../threshold.ts';
import type { CapacityRun } from './closed-capacity.ts';
import type { Pace } from './pace.ts';
import type { RunResult } from './recorder.ts';
import type { LoadWorld, Subject, SubjectWishes } from './world.ts';

/** What scenarios work with. What is expensive is made when it is first asked for. */
export interface LoadBench {
  readonly world: LoadWorld;
  readonly pace: Pace;
  readonly seed: number;
  readonly say: (line: string) => void;
  /** The functions of the usual mix behind a front, warm, with an empty database. */
  subject(): Promise<Subject>;
  /** The same functions in another form, or another environment; who asks for it closes it. */
  another(wishes: Omit<SubjectWishes, 'environments'>): Promise<Subject>;
  /** C, and the stair that led to it. */
  capacity(): Promise<CapacityRun>;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: '' | ' ms' | ' /s' | ' s' | ' MB';
}

export interface ScenarioOutcome {
  readonly thresholds: readonly Threshold[];
  readonly figures: readonly Figure[];
  /** What is plotted. */
  readonly runs: Readonly<Record<string, RunResult>>;
}

export interface Scenario {
  readonly name: string;
  /** What is claimed, in a sentence. */
  readonly claim: string;
  readonly run: (bench: LoadBench) => Promise<ScenarioOutcome>;
}
