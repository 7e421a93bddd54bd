import { type Ledger, type PostTransfer, partitionOfId } from '@atlas/domain';
import { acceptedValue, call, openAccount, request, transferOf } from './ledger.ts';

export interface VariedHistory {
  readonly tenant: string;
  /** A transfer of one posting, on one partition. */
  readonly plain: string;
  /** Of several postings, over two partitions, with a business time, a reference and metadata. */
  readonly wide: string;
  /** It takes back `plain`. */
  readonly reversal: string;
  /** Captured in two parts, voided, and still pending. */
  readonly holds: readonly [string, string, string];
}

/** Something of everything that the ledger writes, with a value in each column there is. */
export const variedHistory = async (
  ledger: Ledger,
  tenant: string,
  shardCount: number,
): Promise<VariedHistory> => {
  await ledger.createAsset(tenant, { code: 'EUR', scale: 2 }, call());
  const [source, alice, shop] = [
    await openAccount(ledger, tenant),
    await openAccount(ledger, tenant),
    await openAccount(ledger, tenant),
  ];
  const shardOf = (id: string) => Math.floor((partitionOfId(id) * shardCount) / 256);
  let far = source;
  for (let i = 0; partitionOfId(far) === partitionOfId(source); i += 1) {
    const opened = await openAccount(ledger, tenant, { partitionKey: `key-${i}` });
    if (shardOf(opened) === shardOf(source)) far = opened;
  }
  const facts = { reference: 'invoice "4711"\nä', metadata: { order: '17', ünit: 'a, b' } };
  const effectiveAt = new Date('2020-02-29T12:34:56.789Z');
  const post = async (command: PostTransfer) =>
    acceptedValue(await ledger.postTransfer(request(tenant), command, call())).transferId;

  const plain = await post(transferOf([source, alice, 1_000n]));
  const hold = async (amountMinor: bigint) => {
    const sides = { debitAccountId: alice, creditAccountId: far, amountMinor };
    const command = { ...sides, expiresAt: new Date('2199-01-01T00:00:00Z'), ...facts };
    return acceptedValue(await ledger.placeHold(request(tenant), command, call())).hold.holdId;
  };
  const holds = [await hold(50n), await hold(60n), await hold(70n)] as const;
  const [captured, voided] = holds;
  for (const capture of [
    { amountMinor: 20n, final: false },
    { amountMinor: 25n, final: true },
  ]) {
    acceptedValue(await ledger.captureHold(request(tenant), captured, capture, call()));
  }
  acceptedValue(await ledger.voidHold(request(tenant), voided, call()));
  const wide = await post({
    ...transferOf([source, alice, 7n], [source, far, 8n], [alice, shop, 9n]),
    ...facts,
    effectiveAt,
  });
  const taken = await ledger.reverseTransfer(
    request(tenant),
    plain,
    { ...facts, effectiveAt },
    call(),
  );
  const items = [1n, 2n, 3n].map((amount) => ({
    type: 'transfer' as const,
    command: transferOf([source, shop, amount]),
  }));
  acceptedValue(await ledger.postBatch(request(tenant), { atomic: true, items }, call()));
  return { tenant, plain, wide, reversal: acceptedValue(taken).transferId, holds };
};
