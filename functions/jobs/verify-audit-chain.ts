import { type AuditFinding, auditOnwards } from '@atlas/domain';
import { background } from '../background.ts';
import { jobs } from '../manifest.ts';
import { auditChains } from '../services/audit-chains.ts';
import { rowOf } from '../services/row-of.ts';

const settings = rowOf(jobs, 'verify-audit-chain');

/** Recomputes blocks from their rows, from where the last run ended, chain after chain, for its time. */
export const handler = background(settings, async (_event: unknown, run) => {
  const audited = { blocks: 0, findings: 0 };
  const report = ({ problem, relation, key, partition, height }: AuditFinding) => {
    audited.findings += 1;
    const what = { problem, relation, key, partition, height };
    run.fault('a row is not what was sealed', undefined, what);
  };
  const onBlock = () => {
    audited.blocks += 1;
  };
  await Promise.all(
    auditChains().chains.map(async (chain) => {
      for await (const finding of auditOnwards(chain, { signal: run.signal, onBlock })) {
        report(finding);
      }
    }),
  );
  run.count('AuditBlocksVerified', audited.blocks);
  run.count('AuditFindings', audited.findings);
  run.note(audited);
  return audited;
});
