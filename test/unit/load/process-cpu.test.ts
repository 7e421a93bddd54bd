import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { cpuOfFamily, parseStat } from '../../load/process-cpu.ts';

describe('CPU time', () => {
  it('is read behind a name that holds blanks and parentheses', () => {
    const stat = parseStat(
      '42 (postgres: a) b) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3000 400 20 0 1 0 99 1 1',
    );

    expect(stat).toEqual({ parent: 7, ownTicks: 120, reapedTicks: 3400 });
  });

  it.runIf(process.platform === 'linux')(
    'of a family counts children that have ended',
    async () => {
      const meter = cpuOfFamily(process.pid);
      const burn = 'const end = Date.now() + 400; while (Date.now() < end) {}';
      const before = meter.usedMs();
      const child = spawn(process.execPath, ['-e', burn], { stdio: 'ignore' });
      const cpuWhileItLived = (): number => meter.usedMs() - before;
      await once(child, 'exit');

      expect(cpuWhileItLived()).toBeGreaterThanOrEqual(50);
    },
  );
});
