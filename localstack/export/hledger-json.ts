import { decimalText } from '../import/decimal.ts';
import { commodityOf } from '../import/names.ts';
import type { LedgerHistory, Operation } from './read-ledger.ts';
import type { WireAccount, WireTransfer } from './wire-types.ts';

/** Only what is posted: a journal knows no holds. */
const transferOf = (operation: Operation): readonly WireTransfer[] =>
  operation.type === 'transfer' || operation.type === 'capture' ? [operation.transfer] : [];

/**
 * Names of accounts in the journal: their own where nobody else has it for this asset, for hledger knows
 * accounts by their names alone; else, and where there is none, with the id.
 */
const namesOf = (accounts: readonly WireAccount[]): ReadonlyMap<string, string> => {
  const named = Map.groupBy(accounts, ({ asset, name }) => `${asset}\u0000${name}`);
  return new Map(
    accounts.map(({ accountId, asset, name }) => {
      if (name === null) return [accountId, `atlas:${accountId}`];
      const isAlone = named.get(`${asset}\u0000${name}`)?.length === 1;
      return [accountId, isAlone ? name : `${name}:${accountId}`];
    }),
  );
};

/** Numbers that JSON.stringify would round are written as they are. */
const exactly = (digits: string): unknown =>
  (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(digits);

const amountOf = (mantissa: bigint, places: number, commodity: string) => ({
  acommodity: commodity,
  aprice: null,
  aquantity: {
    decimalMantissa: exactly(mantissa.toString()),
    decimalPlaces: places,
    floatingPoint: exactly(decimalText({ mantissa, places })),
  },
  astyle: {
    ascommodityside: 'R',
    ascommodityspaced: true,
    asdecimalpoint: '.',
    asdigitgroups: null,
    asprecision: places,
  },
});

/** hledger's JSON of `print`, a transaction a transfer, in the order in which they were posted. */
export function* hledgerJson({ assets, accounts, operations }: LedgerHistory): Generator<string> {
  const scales = new Map(assets.map(({ code, scale }) => [code, scale]));
  const names = namesOf(accounts);
  const transfers = operations.flatMap(transferOf);
  const posting = (account: string, asset: string, mantissa: bigint, index: number) => ({
    paccount: names.get(account),
    pamount: [amountOf(mantissa, scales.get(asset) ?? 0, commodityOf(asset) ?? asset)],
    pbalanceassertion: null,
    pcomment: '',
    pdate: null,
    pdate2: null,
    poriginal: null,
    pstatus: 'Unmarked',
    ptags: [],
    ptransaction_: String(index),
    ptype: 'RegularPosting',
  });
  yield '[';
  for (const [i, transfer] of transfers.entries()) {
    const index = i + 1;
    const source = { sourceColumn: 1, sourceLine: index, sourceName: 'atlas' };
    const { description, comment, status, date2, ...others } = transfer.metadata;
    const text = JSON.stringify({
      tcode: transfer.reference ?? '',
      tcomment: comment ?? '',
      tdate: transfer.effectiveAt.slice(0, 10),
      tdate2: date2 ?? null,
      tdescription: description ?? '',
      tindex: index,
      tpostings: transfer.postings.flatMap(({ debitAccountId, creditAccountId, asset, amount }) => [
        posting(debitAccountId, asset, BigInt(amount), index),
        posting(creditAccountId, asset, -BigInt(amount), index),
      ]),
      tprecedingcomment: '',
      tsourcepos: [source, source],
      tstatus: status === 'Cleared' || status === 'Pending' ? status : 'Unmarked',
      ttags: [
        ...Object.entries(others).map(([key, value]) => [key.replace(/^tag:/, ''), value]),
        ['atlas-transfer', transfer.transferId],
      ],
    });
    yield i + 1 < transfers.length ? `${text},` : text;
  }
  yield ']';
}
