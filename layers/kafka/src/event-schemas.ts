import type { LedgerEventType } from '@atlas/domain';
import { Ajv, type ValidateFunction } from 'ajv';
import accountClosed from '../schemas/ledger.account.v1/AccountClosed.v1.json' with {
  type: 'json',
};
import accountEntered from '../schemas/ledger.account.v1/AccountEntered.v2.json' with {
  type: 'json',
};
import accountFrozen from '../schemas/ledger.account.v1/AccountFrozen.v1.json' with {
  type: 'json',
};
import accountMetadataChanged from '../schemas/ledger.account.v1/AccountMetadataChanged.v1.json' with {
  type: 'json',
};
import accountOpened from '../schemas/ledger.account.v1/AccountOpened.v1.json' with {
  type: 'json',
};
import accountUnfrozen from '../schemas/ledger.account.v1/AccountUnfrozen.v1.json' with {
  type: 'json',
};
import holdCaptured from '../schemas/ledger.hold.v1/HoldCaptured.v1.json' with { type: 'json' };
import holdExpired from '../schemas/ledger.hold.v1/HoldExpired.v1.json' with { type: 'json' };
import holdPlaced from '../schemas/ledger.hold.v1/HoldPlaced.v1.json' with { type: 'json' };
import holdVoided from '../schemas/ledger.hold.v1/HoldVoided.v1.json' with { type: 'json' };
import transferPosted from '../schemas/ledger.transfer.v1/TransferPosted.v2.json' with {
  type: 'json',
};

/** The newest schema of each event: JSON Schema draft-07, what the Glue registry accepts. */
const schemas: Readonly<Record<LedgerEventType, object>> = {
  AccountOpened: accountOpened,
  AccountEntered: accountEntered,
  AccountMetadataChanged: accountMetadataChanged,
  AccountFrozen: accountFrozen,
  AccountUnfrozen: accountUnfrozen,
  AccountClosed: accountClosed,
  TransferPosted: transferPosted,
  HoldPlaced: holdPlaced,
  HoldCaptured: holdCaptured,
  HoldVoided: holdVoided,
  HoldExpired: holdExpired,
};

const ajv = new Ajv();
const compiled = new Map<string, ValidateFunction>();

/** What is wrong with an event's data, or undefined. Schemas are compiled at first use. */
export const eventError = (type: string, data: unknown): string | undefined => {
  const schema = Object.hasOwn(schemas, type) ? schemas[type as LedgerEventType] : undefined;
  if (schema === undefined) return `there is no event type "${type}"`;
  let validate = compiled.get(type);
  if (validate === undefined) {
    validate = ajv.compile(schema);
    compiled.set(type, validate);
  }
  return validate(data) ? undefined : `${type}: ${ajv.errorsText(validate.errors)}`;
};
