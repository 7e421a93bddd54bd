import {
  type AuditBlock,
  type AuditFinding,
  type AuditLeaf,
  auditOnwards,
  auditPartition,
  auditShard,
  blockHash,
  sealChain,
} from '@atlas/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type MemoryChain,
  memoryAnchors,
  memoryChain,
  numberedLeaf,
} from '../../support/memory-chain.ts';

let chain: MemoryChain;
let next: number;
beforeEach(() => {
  chain = memoryChain();
  next = 0;
});

/** Blocks of two leaves each. */
const sealBlocks = async (partition: number, tenants: readonly string[]) => {
  for (const tenant of tenants) {
    chain.commit(partition, tenant, [numberedLeaf(next), numberedLeaf(next + 1)]);
    next += 2;
    await sealChain({ chain, anchors: memoryAnchors(), signal: new AbortController().signal });
  }
};
const tenants = (count: number, name = 'acme') => Array.from({ length: count }, () => name);

const all = async (audit: AsyncGenerator<AuditFinding, unknown>) => {
  const findings: AuditFinding[] = [];
  let step = await audit.next();
  while (step.done !== true) {
    findings.push(step.value);
    step = await audit.next();
  }
  return { findings, returned: step.value };
};

const changeBlock = (at: number, change: Partial<AuditBlock>, isRehashed = true) => {
  const changed = { ...(chain.stored[at] as AuditBlock), ...change };
  chain.stored[at] = isRehashed ? { ...changed, hash: blockHash(changed) } : changed;
};

const changeRow = (id: string, line: string | null = '["else"]') => {
  const leaf = chain.rows.get(id) as AuditLeaf;
  chain.rows.set(id, { ...leaf, rows: leaf.rows.map((row) => ({ ...row, line })) });
};
const idOf = (n: number) => numberedLeaf(n).ref.id;

describe('an audit of a partition', () => {
  it.each([0, 1, 19, 20, 21, 40, 45])('looks at each of %i blocks once', async (count) => {
    await sealBlocks(7, tenants(count));
    const seen: number[] = [];
    const audit = auditPartition(chain, 7, 0, { onBlock: ({ height }) => seen.push(height) });
    expect(await all(audit)).toEqual({ findings: [], returned: 0 });
    expect(seen).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  });

  it('begins above a height, and on the block that is there', async () => {
    await sealBlocks(7, tenants(5));
    const seen: number[] = [];
    const from = (height: number) =>
      all(auditPartition(chain, 7, height, { onBlock: (block) => seen.push(block.height) }));
    expect(await from(3)).toEqual({ findings: [], returned: 0 });
    expect(seen).toEqual([4, 5]);
    changeBlock(2, { tenant: 'beta' });
    expect((await from(3)).findings).toMatchObject([{ problem: 'chain-unlinked', height: 4 }]);
  });

  it('begins anew where the block it was at is gone', async () => {
    await sealBlocks(7, tenants(5));
    chain.stored.splice(2, 1);
    const seen: number[] = [];
    const audit = auditPartition(chain, 7, 3, { onBlock: ({ height }) => seen.push(height) });
    expect((await all(audit)).findings).toMatchObject([{ problem: 'chain-gap', height: 4 }]);
    expect(seen).toEqual([1, 2, 4, 5]);
  });

  it('says how far it has come when it is told to stop', async () => {
    await sealBlocks(7, tenants(5));
    const stop = new AbortController();
    const audit = auditPartition(chain, 7, 0, {
      signal: stop.signal,
      onBlock: ({ height }) => {
        if (height === 3) stop.abort();
      },
    });
    expect(await all(audit)).toEqual({ findings: [], returned: 3 });
  });

  it('names each block with a row that was changed, and goes on', async () => {
    await sealBlocks(7, tenants(4));
    changeRow(idOf(3));
    changeRow(idOf(6), null);
    chain.rows.delete(idOf(1));
    const { findings } = await all(auditPartition(chain, 7, 0));
    expect(findings).toEqual([
      { problem: 'missing', partition: 7, height: 1, relation: 'transfer', key: idOf(1) },
      { problem: 'changed', partition: 7, height: 2, relation: 'transfer', key: '3/0' },
      { problem: 'missing', partition: 7, height: 4, relation: 'transfer', key: '6/0' },
    ]);
  });

  it.each<readonly [string, () => void, string]>([
    ['another time', () => changeBlock(1, { sealedAt: '2020' }, false), 'block-changed'],
    ['fewer leaves than it counts', () => changeBlock(1, { refs: [] }, false), 'block-changed'],
    ['another height', () => changeBlock(1, { height: 7 }), 'chain-gap'],
    [
      'something else below it',
      () => changeBlock(1, { previousHash: '1'.repeat(64) }),
      'chain-unlinked',
    ],
  ])('names a block that has %s', async (_name, change, problem) => {
    await sealBlocks(7, tenants(2));
    change();
    const { height } = chain.stored[1] as AuditBlock;
    const key = `7/${height}`;
    expect((await all(auditPartition(chain, 7, 0))).findings).toEqual([
      { problem, partition: 7, height, relation: 'audit_block', key },
    ]);
  });

  it('looks at no rows of a block that was changed, and at those of one in the wrong place', async () => {
    await sealBlocks(7, tenants(2));
    changeRow(idOf(2));
    changeBlock(1, { previousHash: '1'.repeat(64) });
    const problems = async () =>
      (await all(auditPartition(chain, 7, 0))).findings.map(({ problem }) => problem);
    expect(await problems()).toEqual(['chain-unlinked', 'changed']);
    changeBlock(1, { sealedAt: '2020' }, false);
    expect(await problems()).toEqual(['block-changed']);
  });

  it('of one tenant looks at the rows of that one, and at the links of all', async () => {
    await sealBlocks(7, ['acme', 'beta', 'acme', 'beta']);
    changeRow(idOf(2));
    changeRow(idOf(4));
    changeBlock(3, { previousHash: '1'.repeat(64) });
    const { findings } = await all(auditPartition(chain, 7, 0, { tenant: 'acme' }));
    expect(findings).toMatchObject([
      { problem: 'changed', height: 3 },
      { problem: 'chain-unlinked', height: 4 },
    ]);
  });
});

describe('an audit of a shard', () => {
  const stray = (key: string) => ({ partition: 7, relation: 'entry', key });

  it('looks at every chain, then at rows that no block has, then at totals', async () => {
    await sealBlocks(7, tenants(2));
    await sealBlocks(9, tenants(2));
    changeRow(idOf(0));
    changeRow(idOf(6));
    chain.strays.unsealed.push(stray('planted'));
    chain.strays.unfolded.push(stray('a total'));
    const none = { height: null, relation: 'entry', partition: 7 };
    expect((await all(auditShard(chain))).findings).toEqual([
      { problem: 'changed', partition: 7, height: 1, relation: 'transfer', key: '0/0' },
      { problem: 'changed', partition: 9, height: 2, relation: 'transfer', key: '6/0' },
      { problem: 'unsealed', key: 'planted', ...none },
      { problem: 'unfolded', key: 'a total', ...none },
    ]);
    await all(auditShard(chain, { tenant: 'acme' }));
    expect(chain.looks).toEqual([
      [undefined, 100],
      [undefined, 100],
      ['acme', 100],
      ['acme', 100],
    ]);
  });
});

describe('an audit that goes on where it stopped', () => {
  it('notes how far it has come in each chain, and begins there the next time', async () => {
    await sealBlocks(7, tenants(4));
    await sealBlocks(9, tenants(3));
    const seen: string[] = [];
    let stop = new AbortController();
    const onwards = (stopAt?: string) => {
      stop = new AbortController();
      return all(
        auditOnwards(chain, {
          signal: stop.signal,
          onBlock: ({ partition, height }) => {
            seen.push(`${partition}/${height}`);
            if (seen.at(-1) === stopAt) stop.abort();
          },
        }),
      );
    };
    await onwards('7/2');
    expect(seen.splice(0)).toEqual(['7/1', '7/2']);
    expect([...chain.audited]).toEqual([[7, 2]]);
    changeRow(idOf(6));
    expect((await onwards('9/1')).findings).toMatchObject([{ problem: 'changed', height: 4 }]);
    expect(seen.splice(0)).toEqual(['7/3', '7/4', '9/1']);
    expect([...chain.audited]).toEqual([
      [7, 0],
      [9, 1],
    ]);
    await onwards();
    expect(seen).toEqual(['7/1', '7/2', '7/3', '7/4', '9/2', '9/3']);
    expect([...chain.audited]).toEqual([
      [7, 0],
      [9, 0],
    ]);
  });
});
