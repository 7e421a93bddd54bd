import type { ColdImport, TracerImport } from './cold-imports.ts';
import type { HandlerComparison } from './handler-rounds.ts';
import type { HistoryComparison } from './history-rounds.ts';
import type { IntakeComparison } from './intake-rounds.ts';
import type { SqlComparison } from './sql-rounds.ts';
import type { Storage } from './storage.ts';
import { judged, type Threshold } from './threshold.ts';

export interface BenchResults {
  readonly measuredAt: string;
  readonly quick: boolean;
  readonly machine: {
    readonly cores: number;
    readonly processor: string;
    readonly node: string;
    readonly postgres: string;
    /** The share of the cores that was busy before the bench began. */
    readonly busyBefore: number;
  };
  readonly sql: readonly SqlComparison[];
  readonly histories: readonly HistoryComparison[];
  readonly storage: Storage | undefined;
  readonly intake: IntakeComparison | undefined;
  readonly handler: readonly HandlerComparison[];
  readonly imports: readonly ColdImport[];
  /** Of post-transfer. */
  readonly tracers: readonly TracerImport[];
}

/** Only what was measured is judged. */
const threshold = (
  name: string,
  value: number | undefined,
  direction: Threshold['direction'],
  limit: number,
  unit: Threshold['unit'] = '',
): Threshold[] => (value === undefined ? [] : [judged({ name, value, direction, limit, unit })]);

/** What the platform promises of itself, as ratios in one run; only what was measured. */
export const thresholdsOf = ({
  sql,
  histories,
  storage,
  intake,
  handler,
  imports,
}: BenchResults): Threshold[] => {
  const [spread, hot] = ['spread', 'hot'].map((shape) => sql.find((one) => one.shape === shape));
  const crowd = handler.find(({ environments }) => environments === 16);
  const alone = handler.find(({ environments }) => environments === 1);
  const asOf = histories.find(({ question }) => question === 'asOf');
  const effective = histories.find(({ question }) => question === 'effectiveAt');
  const post = imports.find(({ name }) => name === 'post-transfer');
  return [
    ...threshold('all features over the yardstick, spread', spread?.ratio, 'at least', 0.67),
    ...threshold('all features over the yardstick, one hot account', hot?.ratio, 'at least', 0.8),
    ...threshold(
      'batch of 100 over single transfers, all features',
      spread?.batchOverSingle,
      'at least',
      2.5,
    ),
    ...threshold('batch of 100 over the yardstick’s', spread?.batchRatio, 'at least', 0.6),
    ...threshold(
      'batch of 100 on one hot account over spread ones',
      hot && spread && hot.perSecond.fullBatch / spread.perSecond.fullBatch,
      'at least',
      0.8,
    ),
    ...threshold(
      'asynchronous intake, drained, over single transfers',
      intake?.drainedOverSingle,
      'at least',
      2,
    ),
    ...threshold('balance as of a time, long history over short', asOf?.ratio, 'at most', 2),
    ...threshold('effective balance, long history over short', effective?.ratio, 'at most', 2),
    ...threshold(
      'storage of a transfer of one posting',
      storage?.totalBytes,
      'at most',
      600,
      ' bytes',
    ),
    ...threshold('handler over bare driver, 16 environments', crowd?.ratio, 'at least', 0.65),
    ...threshold(
      'Postgres CPU per transfer, handler over bare driver, 16 environments',
      crowd?.postgresCpuRatio,
      'at most',
      1.1,
    ),
    ...threshold('warm request outside Postgres', alone?.outsideMs, 'at most', 0.3, ' ms'),
    ...threshold('cold import of post-transfer', post?.bundledMs, 'at most', 120, ' ms'),
  ];
};
