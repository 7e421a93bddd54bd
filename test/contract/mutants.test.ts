import { randomUUID } from 'node:crypto';
import type { BatchResult, Outcome, RefusalCode, WebhookRefusal } from '@atlas/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { steps } from './command-sequences.ts';
import { compareLedgers, honestModel } from './compare-ledgers.ts';
import { ledgerChecks } from './ledger-checks.ts';
import { ledgerMutants } from './ledger-mutants.ts';

const tenant = (): string => `t-${randomUUID()}`;

/** Names of the checks that fail as checks do: a mutant that merely crashes proves nothing. */
const failingChecks = async (make: (typeof ledgerMutants)[number]['make']): Promise<string[]> => {
  const failed: string[] = [];
  for (const { name, run } of ledgerChecks) {
    await run(make(), tenant()).catch((error: unknown) => {
      if ((error as Error).name === 'AssertionError') failed.push(name);
    });
  }
  return failed;
};

/** Of a batch also what each item was refused for. */
const refusalCodes = (outcome: Outcome<unknown>): readonly string[] => {
  if (outcome.kind === 'refused') {
    const { refusal } = outcome;
    const inner = 'refusal' in refusal ? [refusal.refusal.code] : [];
    return [refusal.code, ...inner];
  }
  const results: readonly BatchResult[] = Array.isArray(outcome.value) ? outcome.value : [];
  return results.flatMap((result) => (result.type === 'refused' ? [result.refusal.code] : []));
};

/** As many sequences as the comparison with Postgres has, from a fixed seed. */
const sequencesFail = async (make: (typeof ledgerMutants)[number]['make']): Promise<boolean> => {
  const property = fc.asyncProperty(steps, (sequence) => {
    const ledger = make();
    return compareLedgers({ ledger, events: async () => ledger.events }, 'tenant-1', sequence);
  });
  const details = await fc.check(property, { numRuns: 2_000, seed: 1, endOnFailure: true });
  if (!details.failed) return false;
  const { errorInstance } = details;
  expect((errorInstance as Error).name).toBe('AssertionError');
  return true;
};

describe('the contract', () => {
  const visible = ledgerMutants.filter(({ caughtBy }) => caughtBy !== 'sequences');
  it.each(visible)('is broken by a ledger that $name', async ({ make }) => {
    expect(await failingChecks(make)).not.toEqual([]);
  });

  it('has an example of every refusal', async () => {
    const seen = new Set<string>();
    const noting = <T>(outcome: Outcome<T>): Outcome<T> => {
      for (const code of refusalCodes(outcome)) seen.add(code);
      return outcome;
    };
    for (const { run } of ledgerChecks) {
      const model = honestModel();
      await run(
        {
          ...model,
          createAsset: async (...all) => noting(await model.createAsset(...all)),
          openAccount: async (...all) => noting(await model.openAccount(...all)),
          changeAccount: async (...all) => noting(await model.changeAccount(...all)),
          patchMetadata: async (...all) => noting(await model.patchMetadata(...all)),
          postTransfer: async (...all) => noting(await model.postTransfer(...all)),
          reverseTransfer: async (...all) => noting(await model.reverseTransfer(...all)),
          postBatch: async (...all) => noting(await model.postBatch(...all)),
          placeHold: async (...all) => noting(await model.placeHold(...all)),
          captureHold: async (...all) => noting(await model.captureHold(...all)),
          voidHold: async (...all) => noting(await model.voidHold(...all)),
          readBalanceAsOf: async (...all) => noting(await model.readBalanceAsOf(...all)),
        },
        tenant(),
      );
    }
    expect([...seen].sort()).toEqual(refusalsOfOneCaller);
  });
});

describe('the random sequences', () => {
  const reachable = ledgerMutants.filter(({ caughtBy }) => caughtBy !== 'examples');
  it.each(reachable)('tell a ledger that $name', async ({ make }) => {
    expect(await sequencesFail(make)).toBe(true);
  });

  it('reach every refusal, and every kind of transfer and hold that is accepted', async () => {
    const seen = new Map<string, number>();
    const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
    for (const sequence of fc.sample(steps, { numRuns: 2_000, seed: 1 })) {
      const model = honestModel();
      const noting = <T>(outcome: Outcome<T>): Outcome<T> => {
        for (const code of refusalCodes(outcome)) count(code);
        return outcome;
      };
      const ledger = {
        ...model,
        createAsset: async (...all: Parameters<typeof model.createAsset>) =>
          noting(await model.createAsset(...all)),
        openAccount: async (...all: Parameters<typeof model.openAccount>) =>
          noting(await model.openAccount(...all)),
        changeAccount: async (...all: Parameters<typeof model.changeAccount>) =>
          noting(await model.changeAccount(...all)),
        patchMetadata: async (...all: Parameters<typeof model.patchMetadata>) =>
          noting(await model.patchMetadata(...all)),
        postTransfer: async (...all: Parameters<typeof model.postTransfer>) => {
          const outcome = noting(await model.postTransfer(...all));
          if (outcome.kind === 'accepted' && outcome.value.postings.length > 1) count('several');
          return outcome;
        },
        reverseTransfer: async (...all: Parameters<typeof model.reverseTransfer>) => {
          const outcome = noting(await model.reverseTransfer(...all));
          if (outcome.kind === 'accepted') count('reversal');
          return outcome;
        },
        postBatch: async (...all: Parameters<typeof model.postBatch>) => {
          const outcome = noting(await model.postBatch(...all));
          const { atomic, items } = all[1];
          if (outcome.kind === 'accepted' && items.length > 1) {
            count(atomic ? 'atomic batch' : 'independent batch');
          }
          return outcome;
        },
        placeHold: async (...all: Parameters<typeof model.placeHold>) =>
          noting(await model.placeHold(...all)),
        captureHold: async (...all: Parameters<typeof model.captureHold>) => {
          const outcome = noting(await model.captureHold(...all));
          if (outcome.kind === 'accepted') count(`capture: ${outcome.value.hold.status}`);
          return outcome;
        },
        voidHold: async (...all: Parameters<typeof model.voidHold>) => {
          const outcome = noting(await model.voidHold(...all));
          if (outcome.kind === 'accepted') count('void');
          return outcome;
        },
        readBalanceAsOf: async (...all: Parameters<typeof model.readBalanceAsOf>) =>
          noting(await model.readBalanceAsOf(...all)),
      };
      await compareLedgers({ ledger, events: async () => model.events }, 'tenant-1', sequence);
    }
    const kinds = [
      'several',
      'reversal',
      'atomic batch',
      'independent batch',
      'capture: captured',
      'capture: pending',
      'void',
    ];
    const rare = [...refusalsOfOneCaller, ...kinds].filter((what) => (seen.get(what) ?? 0) < 20);
    expect(rare).toEqual([]);
  });
});

/** Those of reconciliations are in test/integration/api/reconciliations.test.ts. */
type LedgerRefusalCode = Exclude<
  RefusalCode,
  WebhookRefusal['code'] | 'upload-not-found' | `reconciliation-${string}` | `statement-${string}`
>;

/** False where it takes two callers at once; those are in test/integration/postgres. */
const fromOneCaller: Readonly<Record<LedgerRefusalCode, boolean>> = {
  'account-not-found': true,
  'asset-not-found': true,
  'asset-conflict': true,
  'asset-mismatch': true,
  'same-account': true,
  'account-closed': true,
  'account-frozen': true,
  'account-not-empty': true,
  'metadata-version-mismatch': true,
  'too-much-metadata': true,
  'insufficient-funds': true,
  'balance-limit-exceeded': true,
  'amount-overflow': true,
  'cross-shard-transfer': true,
  'hold-not-found': true,
  'hold-settled': true,
  'capture-exceeds-hold': true,
  'expiry-passed': true,
  'as-of-before-opening': true,
  'as-of-in-future': true,
  'transfer-not-found': true,
  'already-reversed': true,
  'cross-shard-batch': true,
  'batch-item-refused': true,
  'idempotency-key-in-flight': false,
  'idempotency-key-reused': true,
};
const refusalsOfOneCaller = Object.entries(fromOneCaller)
  .filter(([, wanted]) => wanted)
  .map(([code]) => code)
  .sort();
