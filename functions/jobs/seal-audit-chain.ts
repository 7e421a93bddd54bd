import { sealChain } from '@atlas/domain';
import { background } from '../background.ts';
import { jobs } from '../manifest.ts';
import { auditAnchors } from '../services/audit-anchors.ts';
import { auditChains } from '../services/audit-chains.ts';
import { rowOf } from '../services/row-of.ts';

const settings = rowOf(jobs, 'seal-audit-chain');
/** Left for the last block to be finished, and for the heads to be anchored. */
const finishingMs = 10_000;

/** Seals what waits on every shard, and anchors the heads of the chains that have grown. */
export const handler = background(settings, async (_event: unknown, run) => {
  const signal = AbortSignal.any([
    run.signal,
    AbortSignal.timeout(settings.budgetMs - finishingMs),
  ]);
  const { chains } = auditChains();
  const reports = await Promise.all(
    chains.map((chain) => sealChain({ chain, anchors: auditAnchors(run), signal })),
  );
  const depths = await Promise.all(chains.map((chain) => chain.depth()));
  for (const { kind, id } of reports.flatMap(({ incomplete }) => incomplete)) {
    run.fault('what waits to be sealed has lost a row', undefined, { kind, rowId: id });
  }
  for (const { problem, key } of reports.flatMap(({ broken }) => broken)) {
    run.fault('the chain is not what was anchored', undefined, { problem, key });
  }
  const total = (of: (report: (typeof reports)[number]) => number) =>
    reports.reduce((sum, report) => sum + of(report), 0);
  const sealed = {
    blocks: total(({ blocks }) => blocks),
    leaves: total(({ leaves }) => leaves),
    findings: total(({ incomplete, broken }) => incomplete.length + broken.length),
    failed: total(({ failed }) => failed),
    anchored: total(({ isAnchored }) => Number(isAnchored)),
    oldestUnsealedMs: Math.max(0, ...depths.map(({ oldestAgeMs }) => oldestAgeMs)),
  };
  run.count('AuditBlocksSealed', sealed.blocks);
  run.count('AuditLeavesSealed', sealed.leaves);
  run.count('AuditFindings', sealed.findings);
  run.count('AuditSealingFailures', sealed.failed);
  run.durationMs('AuditOldestUnsealedMs', sealed.oldestUnsealedMs);
  run.note(sealed);
  return sealed;
});
