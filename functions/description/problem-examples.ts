import { readFileSync } from 'node:fs';
import type { ItemRefusal, Refusal } from '@atlas/domain';
import {
  type ProblemCode,
  problemContentType,
  problemKinds,
  problemType,
  refusalBody,
} from '@atlas/runtime';
import { exampleIds } from '../schemas/example-ids.ts';
import { type ApiDocument, operationsOf } from './api-document.ts';

const { account, otherAccount, transfer, otherTransfer, hold } = exampleIds;

const tooLittle: ItemRefusal = {
  code: 'insufficient-funds',
  accountId: account,
  availableMinor: 39n,
  minBalanceMinor: 0n,
};

/** Refusals as the ledger tells them, from which the handlers' own words and members are made. */
const refusals: readonly Refusal[] = [
  { code: 'account-not-found', accountId: account },
  { code: 'asset-not-found', asset: 'EUR' },
  { code: 'asset-conflict', asset: 'EUR', existingScale: 2 },
  { code: 'asset-mismatch', debitAccountId: account, creditAccountId: otherAccount },
  { code: 'same-account', accountId: account },
  { code: 'account-closed', accountId: account },
  { code: 'account-frozen', accountId: account },
  { code: 'account-not-empty', accountId: account },
  { code: 'metadata-version-mismatch', accountId: account, metadataVersion: 4 },
  { code: 'too-much-metadata', accountId: account, pairs: 51 },
  tooLittle,
  {
    code: 'balance-limit-exceeded',
    accountId: account,
    balanceMinor: 99_000n,
    maxBalanceMinor: 100_000n,
  },
  { code: 'amount-overflow', accountId: account },
  { code: 'cross-shard-transfer', accountIds: [account, otherAccount] },
  { code: 'hold-not-found', holdId: hold },
  { code: 'hold-settled', holdId: hold, status: 'captured' },
  { code: 'capture-exceeds-hold', holdId: hold, remainingMinor: 450n },
  { code: 'expiry-passed' },
  { code: 'as-of-before-opening', accountId: account, openedAt: new Date(Date.UTC(2026, 10, 23)) },
  { code: 'as-of-in-future' },
  { code: 'transfer-not-found', transferId: transfer },
  { code: 'already-reversed', transferId: transfer, reversalId: otherTransfer },
  { code: 'cross-shard-batch' },
  { code: 'batch-item-refused', item: 1, refusal: tooLittle },
  { code: 'idempotency-key-in-flight' },
  { code: 'idempotency-key-reused' },
];

const refusalOf: ReadonlyMap<string, Refusal> = new Map(refusals.map((one) => [one.code, one]));

const validationErrors = [
  { pointer: '/postings/0/amount', detail: 'is not a positive decimal integer' },
];
const members: Readonly<Partial<Record<ProblemCode, object>>> = {
  'validation-failed': { errors: validationErrors },
  'scope-missing': { missingScopes: ['ledger:write'] },
};

/** The first paragraph of what the code's page says that it means. */
const meaningOf = (code: ProblemCode): string => {
  const page = readFileSync(new URL(`../../docs/problems/${code}.md`, import.meta.url), 'utf8');
  const meaning = /^## What it means\n\n(.+?)\n\n/ms.exec(page)?.[1];
  if (meaning === undefined) throw new Error(`docs/problems/${code}.md does not say what it means`);
  return meaning.replaceAll('\n', ' ');
};

/** A problem as it is sent: with what a refusal says of itself, else in the words of its page. */
const exampleOfProblem = (code: ProblemCode): object => {
  const { status, title, retryable } = problemKinds[code];
  const refusal = refusalOf.get(code);
  return {
    type: problemType(code),
    title,
    status,
    code,
    retryable,
    ...(refusal === undefined ? { detail: meaningOf(code) } : refusalBody(refusal)),
    instance: '/v1/transfers',
    requestId: 'b5cf2f3e-5d52-4b5c-8c9e-2f1d6f0a7d11',
    ...members[code],
  };
};

/** Gives each problem that an operation may answer with its example, kept once in the components. */
export const addProblemExamples = (document: ApiDocument): void => {
  const used = new Set<ProblemCode>();
  for (const { operation } of operationsOf(document)) {
    for (const { content } of Object.values(operation.responses)) {
      const media = content[problemContentType];
      const code = media?.schema.allOf?.[1]?.properties?.code;
      if (media === undefined || code?.enum === undefined) continue;
      const codes = code.enum as readonly ProblemCode[];
      for (const one of codes) used.add(one);
      media.examples = Object.fromEntries(
        codes.map((one) => [one, { $ref: `#/components/examples/${one}` }]),
      );
    }
  }
  document.components.examples = Object.fromEntries(
    [...used].map((code) => [
      code,
      { summary: problemKinds[code].title, value: exampleOfProblem(code) },
    ]),
  );
};
