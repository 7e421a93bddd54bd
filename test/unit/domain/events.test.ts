import { type EventMessage, eventSchemaVersions } from '@atlas/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import { honestModel } from '../../contract/compare-ledgers.ts';
import { acceptedValue, call, request } from '../../support/ledger.ts';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const now = '2026-11-26T12:00:00.000Z';
const traced = { ...call(), traceparent };
const nothing = { reference: null, metadata: {} };

let events: readonly EventMessage[];
let ids: {
  readonly shop: string;
  readonly till: string;
  readonly yen: string;
  readonly jar: string;
  readonly transferId: string;
  readonly holdId: string;
};

beforeAll(async () => {
  const model = honestModel({ now: () => new Date(now) });
  for (const code of ['EUR', 'JPY']) await model.createAsset('acme', { code, scale: 2 }, traced);
  const open = async (asset: string, limits: object = {}) =>
    acceptedValue(
      await model.openAccount(
        request('acme'),
        {
          asset,
          name: null,
          minBalance: null,
          maxBalance: null,
          metadata: {},
          partitionKey: null,
          ...limits,
        },
        traced,
      ),
    ).accountId;
  const shop = await open('EUR', {
    name: 'shop',
    minBalance: -100n,
    maxBalance: 900n,
    metadata: { a: 'b' },
  });
  const [till, yen, jar] = [await open('EUR'), await open('JPY'), await open('JPY')];
  const posting = (debitAccountId: string, creditAccountId: string, amountMinor: bigint) => ({
    debitAccountId,
    creditAccountId,
    amountMinor,
  });
  const postings = [posting(shop, till, 5n), posting(yen, jar, 7n)];
  const command = { postings, ...nothing, effectiveAt: new Date('2026-01-02T03:04:05.000Z') };
  const { transferId } = acceptedValue(
    await model.postTransfer(request('acme'), { ...command, reference: 'invoice 7' }, traced),
  );
  const { hold } = acceptedValue(
    await model.placeHold(
      request('acme'),
      { ...posting(shop, till, 30n), expiresAt: null, ...nothing },
      traced,
    ),
  );
  const { holdId } = hold;
  const part = { amountMinor: 10n, final: false };
  acceptedValue(await model.captureHold(request('acme'), holdId, part, traced));
  acceptedValue(await model.voidHold(request('acme'), holdId, traced));
  const patch = { changes: { c: 'd' }, expectedVersions: null };
  acceptedValue(await model.patchMetadata(request('acme'), shop, patch, traced));
  acceptedValue(await model.changeAccount(request('acme'), shop, 'freeze', traced));
  acceptedValue(await model.changeAccount(request('acme'), shop, 'unfreeze', traced));
  events = model.events;
  ids = { shop, till, yen, jar, transferId, holdId };
});

const ofType = (type: string) => events.filter((event) => event.type === type);

describe('the events of the model', () => {
  it('are told in the order in which things happen, each on the topic and under the key of its aggregate', () => {
    const { shop, till, yen, jar, transferId, holdId } = ids;
    const names = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
    const told = events.map(({ type, topic, key }) => `${type} ${topic} ${names.get(key)}`);
    const account = 'ledger.account.v1';
    expect(told.slice(0, 9)).toEqual([
      `AccountOpened ${account} shop`,
      `AccountOpened ${account} till`,
      `AccountOpened ${account} yen`,
      `AccountOpened ${account} jar`,
      'TransferPosted ledger.transfer.v1 transferId',
      ...['shop', 'till', 'yen', 'jar'].map((name) => `AccountEntered ${account} ${name}`),
    ]);
    for (const id of [shop, till, yen, jar, transferId, holdId]) {
      expect(events.some(({ key }) => key === id)).toBe(true);
    }
    expect(told.filter((text) => text.startsWith('Hold'))).toEqual([
      'HoldPlaced ledger.hold.v1 holdId',
      'HoldCaptured ledger.hold.v1 holdId',
      'HoldVoided ledger.hold.v1 holdId',
    ]);
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(events.length);
  });

  it('carry tenant, trace and the version of their schema', () => {
    for (const { tenant, traceparent: trace, schemaVersion, type, data } of events) {
      expect({ tenant, trace, schemaVersion }).toEqual({
        tenant: 'acme',
        trace: traceparent,
        schemaVersion: eventSchemaVersions[type],
      });
      expect(data).toMatchObject({ tenant: 'acme', recordedAt: now });
    }
  });

  it('say of an account how it was opened, limits or none', () => {
    const [shop, till] = ofType('AccountOpened');
    expect(shop).toMatchObject({
      eventId: `${ids.shop}/1`,
      data: {
        accountId: ids.shop,
        version: '1',
        asset: 'EUR',
        name: 'shop',
        minBalance: '-100',
        maxBalance: '900',
        metadata: { a: 'b' },
      },
    });
    expect(till?.data).toMatchObject({ name: null, minBalance: null, maxBalance: null });
  });

  it('say of a transfer all that there is, and of each entry what it left behind', () => {
    const [posted] = ofType('TransferPosted');
    expect(posted).toMatchObject({
      eventId: ids.transferId,
      data: {
        transferId: ids.transferId,
        holdId: null,
        reverses: null,
        reference: 'invoice 7',
        metadata: {},
        effectiveAt: '2026-01-02T03:04:05.000Z',
        postings: [
          { debitAccountId: ids.shop, creditAccountId: ids.till, asset: 'EUR', amount: '5' },
          { debitAccountId: ids.yen, creditAccountId: ids.jar, asset: 'JPY', amount: '7' },
        ],
      },
    });
    const entered = ofType('AccountEntered').slice(0, 4);
    expect(entered.map(({ eventId }) => eventId)).toEqual(
      [ids.shop, ids.till, ids.yen, ids.jar].map((id) => `${id}/2`),
    );
    expect(entered.map(({ data }) => data)).toMatchObject([
      { asset: 'EUR', direction: 'debit', amount: '5', balanceAfter: '-5', version: '2' },
      { asset: 'EUR', direction: 'credit', amount: '5', balanceAfter: '5' },
      { asset: 'JPY', direction: 'debit', amount: '7', balanceAfter: '-7' },
      {
        transferId: ids.transferId,
        holdId: null,
        asset: 'JPY',
        kind: 'posted',
        direction: 'credit',
        amount: '7',
        balanceAfter: '7',
        pendingDebitsAfter: '0',
        pendingCreditsAfter: '0',
        effectiveAt: '2026-01-02T03:04:05.000Z',
      },
    ]);
  });

  it('say of a hold what it reserves, what a capture posted, and that it ended', () => {
    const [placed] = ofType('HoldPlaced');
    const [captured] = ofType('HoldCaptured');
    const [voided] = ofType('HoldVoided');
    expect(placed?.data).toMatchObject({
      holdId: ids.holdId,
      debitAccountId: ids.shop,
      creditAccountId: ids.till,
      asset: 'EUR',
      amount: '30',
      expiresAt: null,
    });
    expect(captured?.data).toMatchObject({ holdId: ids.holdId, version: '2' });
    expect(voided?.data).toMatchObject({ holdId: ids.holdId, version: '3' });
    const kinds = ofType('AccountEntered')
      .filter(({ key }) => key === ids.shop)
      .map(({ data }) => ({ ...data }) as Record<string, unknown>)
      .map(({ kind, amount, pendingDebitsAfter }) => ({ kind, amount, pendingDebitsAfter }));
    expect(kinds).toEqual([
      { kind: 'posted', amount: '5', pendingDebitsAfter: '0' },
      { kind: 'pending', amount: '30', pendingDebitsAfter: '30' },
      { kind: 'released', amount: '10', pendingDebitsAfter: '20' },
      { kind: 'posted', amount: '10', pendingDebitsAfter: '20' },
      { kind: 'released', amount: '20', pendingDebitsAfter: '0' },
    ]);
  });

  it('say of metadata what it is now, and of a change nothing but that it came', () => {
    expect(ofType('AccountMetadataChanged')).toMatchObject([
      { data: { metadata: { a: 'b', c: 'd' }, metadataVersion: 2 } },
    ]);
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['AccountFrozen', 'AccountUnfrozen']);
    const [frozen] = ofType('AccountFrozen');
    expect(Object.keys(frozen?.data ?? {}).toSorted()).toEqual([
      'accountId',
      'recordedAt',
      'tenant',
      'version',
    ]);
  });
});
