import type {
  Account,
  BalanceAfter,
  Entry,
  Hold,
  HoldChange,
  PastBalance,
  Transfer,
} from '@atlas/domain';
import { availableOf, balanceOf, maxPostings, remainingOf } from '@atlas/domain';
import * as z from 'zod';
import { exampleIds } from './example-ids.ts';
import * as p from './primitives.ts';

const { otherAccount, transfer, hold } = exampleIds;

/** Text and pairs as they were sent. */
const reference = z.string().max(255).nullable().meta({ example: 'order 17' });
const metadata = z
  .record(z.string().max(64), z.string().max(512))
  .meta({ description: 'Up to 50 pairs of text', example: { channel: 'web' } });
const creditAccountId = p.id('The account that takes', otherAccount);
/** Each posting touches two accounts. */
const maxTouched = 2 * maxPostings;

/** What answers carry: amounts and versions as text, times as RFC 3339. */
export const assetSchema = z
  .object({ code: p.assetCode, scale: z.number().int().min(0).max(18).meta({ example: 2 }) })
  .meta({ id: 'Asset', description: 'Something that is counted, in units of 10^-scale' });

export const accountSchema = z
  .object({
    accountId: p.id('The account'),
    asset: p.assetCode,
    name: z.string().max(2_048).nullable().meta({ example: 'alice' }),
    status: z.enum(['open', 'frozen', 'closed']),
    minBalance: p.signedAmount.nullable().meta({ example: '0' }),
    maxBalance: p.signedAmount.nullable().meta({ example: null }),
    balance: p.signedAmount,
    available: p.signedAmount,
    postedDebits: p.signedAmount.meta({ example: '0' }),
    postedCredits: p.signedAmount,
    pendingDebits: p.signedAmount.meta({ example: '0' }),
    pendingCredits: p.signedAmount.meta({ example: '0' }),
    version: p.version,
    metadata,
    metadataVersion: z.int().min(1).meta({ description: 'The ETag of the account', example: 3 }),
    openedAt: p.time,
  })
  .meta({ id: 'Account' });

export const accountWire = (account: Account): z.input<typeof accountSchema> => ({
  accountId: account.accountId,
  asset: account.asset,
  name: account.name,
  status: account.status,
  minBalance: account.minBalance?.toString() ?? null,
  maxBalance: account.maxBalance?.toString() ?? null,
  balance: balanceOf(account).toString(),
  available: availableOf(account).toString(),
  postedDebits: account.postedDebits.toString(),
  postedCredits: account.postedCredits.toString(),
  pendingDebits: account.pendingDebits.toString(),
  pendingCredits: account.pendingCredits.toString(),
  version: account.version.toString(),
  metadata: account.metadata,
  metadataVersion: account.metadataVersion,
  openedAt: account.openedAt.toISOString(),
});

const balanceAfterSchema = z.object({
  accountId: p.id('A touched account'),
  version: p.version,
  balance: p.signedAmount,
  available: p.signedAmount,
});

const balanceAfterWire = (balance: BalanceAfter): z.input<typeof balanceAfterSchema> => ({
  accountId: balance.accountId,
  version: balance.version.toString(),
  balance: balance.balanceMinor.toString(),
  available: balance.availableMinor.toString(),
});

export const transferSchema = z
  .object({
    transferId: p.id('The transfer', transfer),
    postings: z
      .array(
        z.object({
          debitAccountId: p.id('The account that gives'),
          creditAccountId,
          asset: p.assetCode,
          amount: p.signedAmount,
        }),
      )
      .max(maxPostings),
    reference,
    metadata,
    effectiveAt: p.time,
    recordedAt: p.time,
    holdId: p.id('The hold it captured from').nullable().meta({ example: null }),
    reverses: p.id('The transfer it takes back').nullable().meta({ example: null }),
    balances: z.array(balanceAfterSchema).max(maxTouched),
  })
  .meta({ id: 'Transfer', description: 'Immutable. Balances are what it left behind.' });

export const transferWire = (transfer: Transfer): z.input<typeof transferSchema> => ({
  transferId: transfer.transferId,
  postings: transfer.postings.map((posting) => ({
    debitAccountId: posting.debitAccountId,
    creditAccountId: posting.creditAccountId,
    asset: posting.asset,
    amount: posting.amountMinor.toString(),
  })),
  reference: transfer.reference,
  metadata: transfer.metadata,
  effectiveAt: transfer.effectiveAt.toISOString(),
  recordedAt: transfer.recordedAt.toISOString(),
  holdId: transfer.holdId,
  reverses: transfer.reverses,
  balances: transfer.balances.map(balanceAfterWire),
});

const holdFields = {
  holdId: p.id('The hold', hold),
  debitAccountId: p.id('The account on which it reserves'),
  creditAccountId: p.id('The account that takes what is captured', otherAccount),
  asset: p.assetCode,
  amount: p.signedAmount,
  captured: p.signedAmount.meta({ example: '0' }),
  remaining: p.signedAmount,
  status: z.enum(['pending', 'captured', 'voided', 'expired']),
  version: p.version,
  expiresAt: p.time.nullable(),
  reference,
  metadata,
  placedAt: p.time,
};

export const holdSchema = z
  .object(holdFields)
  .meta({ id: 'Hold', description: 'A pending posting. Remaining is what it still reserves.' });

export const holdWire = (hold: Hold): z.input<typeof holdSchema> => ({
  holdId: hold.holdId,
  debitAccountId: hold.debitAccountId,
  creditAccountId: hold.creditAccountId,
  asset: hold.asset,
  amount: hold.amountMinor.toString(),
  captured: hold.capturedMinor.toString(),
  remaining: remainingOf(hold).toString(),
  status: hold.status,
  version: hold.version.toString(),
  expiresAt: hold.expiresAt?.toISOString() ?? null,
  reference: hold.reference,
  metadata: hold.metadata,
  placedAt: hold.placedAt.toISOString(),
});

export const holdChangeSchema = z
  .object({
    ...holdFields,
    transferId: p.id('The transfer that this capture posted', transfer).nullable(),
    balances: z.array(balanceAfterSchema).max(2),
  })
  .meta({ id: 'HoldChange', description: 'A hold as a request left it, and its two accounts.' });

export const holdChangeWire = (change: HoldChange): z.input<typeof holdChangeSchema> => ({
  ...holdWire(change.hold),
  transferId: change.transferId,
  balances: change.balances.map(balanceAfterWire),
});

export const entrySchema = z
  .object({
    accountId: p.id('The account'),
    version: p.version,
    transferId: p.id('The transfer that wrote it', transfer).nullable(),
    holdId: p
      .id('The hold that wrote it, or that was captured from')
      .nullable()
      .meta({ example: null }),
    kind: z.enum(['posted', 'pending', 'released']),
    direction: z.enum(['debit', 'credit']),
    amount: p.signedAmount,
    balanceAfter: p.signedAmount,
    pendingDebitsAfter: p.signedAmount.meta({ example: '0' }),
    pendingCreditsAfter: p.signedAmount.meta({ example: '0' }),
    effectiveAt: p.time,
    recordedAt: p.time,
  })
  .meta({ id: 'Entry' });

export const entryWire = (entry: Entry): z.input<typeof entrySchema> => ({
  accountId: entry.accountId,
  version: entry.version.toString(),
  transferId: entry.transferId,
  holdId: entry.holdId,
  kind: entry.kind,
  direction: entry.direction,
  amount: entry.amountMinor.toString(),
  balanceAfter: entry.balanceAfterMinor.toString(),
  pendingDebitsAfter: entry.pendingDebitsAfterMinor.toString(),
  pendingCreditsAfter: entry.pendingCreditsAfterMinor.toString(),
  effectiveAt: entry.effectiveAt.toISOString(),
  recordedAt: entry.recordedAt.toISOString(),
});

export const balanceSchema = z
  .object({
    accountId: p.id('The account'),
    asset: p.assetCode,
    version: p.version,
    balance: p.signedAmount,
    available: p.signedAmount,
    pendingDebits: p.signedAmount.meta({ example: '0' }),
    pendingCredits: p.signedAmount.meta({ example: '0' }),
    recordedAt: p.time,
    asOf: p.time.optional().meta({ description: 'The time that was asked for' }),
  })
  .meta({ id: 'Balance' });

export const balanceWire = (balance: PastBalance): Omit<z.input<typeof balanceSchema>, 'asOf'> => ({
  accountId: balance.accountId,
  asset: balance.asset,
  version: balance.version.toString(),
  balance: balance.balanceMinor.toString(),
  available: balance.availableMinor.toString(),
  pendingDebits: balance.pendingDebits.toString(),
  pendingCredits: balance.pendingCredits.toString(),
  recordedAt: balance.recordedAt.toISOString(),
});

export const effectiveBalanceSchema = z
  .object({
    accountId: p.id('The account'),
    asset: p.assetCode,
    version: p.version,
    balance: p.signedAmount,
    effectiveAt: p.time.meta({ description: 'The time that was asked for' }),
    recordedAt: p.time,
  })
  .meta({
    id: 'EffectiveBalance',
    description: 'Holds have no business time: what is pending does not count.',
  });

export const trialBalanceSchema = z
  .object({
    totals: z.array(
      z.object({ asset: p.assetCode, debits: p.signedAmount, credits: p.signedAmount }),
    ),
    items: z
      .array(
        z.object({
          accountId: p.id('The account'),
          name: z.string().max(2_048).nullable().meta({ example: 'alice' }),
          asset: p.assetCode,
          debits: p.signedAmount.meta({ example: '0' }),
          credits: p.signedAmount,
          balance: p.signedAmount,
        }),
      )
      .max(1_000),
    nextCursor: p.nextCursor,
  })
  .meta({ id: 'TrialBalance', description: 'Totals span all accounts, items are one page' });
