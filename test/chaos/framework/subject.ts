import type { GroupLoad } from './group-load.ts';
import type { GroupRecord } from './invariants.ts';
import type { Random } from './seeded-random.ts';

/** The callers of a run: those whom the fault is meant for, and the control group. */
export interface Groups {
  readonly experiment: GroupLoad;
  readonly control: GroupLoad;
}

/** What experiments are run on. */
export interface Subject<World> {
  readonly world: World;
  /** Opens two tenants and starts their callers. */
  begin(random: Random): Promise<Groups>;
  /** Mends whatever an experiment may have broken; a second time it does no harm. */
  heal(): Promise<void>;
  /** Once the callers have ended: what each group's run has left, when nothing moves any more. */
  record(groups: Groups): Promise<{ readonly [group in keyof Groups]: GroupRecord }>;
}
