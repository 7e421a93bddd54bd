import { type Day, dayFromText, type Period, type StatementFlaw } from '@atlas/domain';
import { attoOf } from './exact-amount.ts';
import {
  cleanText,
  type ParsedStatement,
  type StatedMovement,
  unreadable,
} from './parsed-statement.ts';
import { readXml, type XmlElement, XmlError } from './xml-element.ts';

/** The calendar day as the bank wrote it, of a Dt or a DtTm: it names the ledger's day, which is one of UTC. */
const dayIn = (date: XmlElement | undefined): Day | undefined => {
  const text = (date?.at('Dt') ?? date?.at('DtTm') ?? date)?.text.trim() ?? '';
  return dayFromText(
    /^(\d{4}-\d{2}-\d{2})(?:T[\d:.]+)?(?:Z|[+-]\d{2}:\d{2})?$/.exec(text)?.[1] ?? '',
  );
};

interface Money {
  readonly atto: bigint;
  readonly currency: string;
}

/** Without a sign: in these messages the direction is told apart. */
const moneyIn = (amount: XmlElement | undefined): Money | undefined => {
  const text = amount?.text.trim() ?? '';
  const atto = /^[\d.]+$/.test(text) ? attoOf(text, '.') : undefined;
  const currency = amount?.attribute('Ccy');
  return atto === undefined || currency === undefined ? undefined : { atto, currency };
};

/**
 * 1 where it credits the account. A reversal (RvslInd) does not turn it round: the indicator tells what
 * this movement does, and RvslInd that it takes back one of the other direction.
 */
const signIn = (element: XmlElement): 1n | -1n | undefined => {
  const indicator = element.at('CdtDbtInd')?.text.trim();
  if (indicator === 'CRDT') return 1n;
  return indicator === 'DBIT' ? -1n : undefined;
};

/** Text in older versions, a code below it in newer ones. */
const statusOf = (entry: XmlElement): string | undefined =>
  (entry.at('Sts', 'Cd') ?? entry.at('Sts', 'Prtry') ?? entry.at('Sts'))?.text.trim();

/** The most telling reference there is: what the payer gave, then the bank's, then free text. */
const referenceOf = (entry: XmlElement, details: XmlElement | undefined): string | null => {
  const endToEnd = cleanText(details?.at('Refs', 'EndToEndId')?.text);
  const remittance = details?.at('RmtInf')?.all('Ustrd') ?? [];
  return (
    (endToEnd === 'NOTPROVIDED' ? null : endToEnd) ??
    cleanText(details?.at('Refs', 'AcctSvcrRef')?.text) ??
    cleanText(entry.at('AcctSvcrRef')?.text) ??
    cleanText(entry.at('NtryRef')?.text) ??
    cleanText(remittance.map(({ text }) => text).join(' '))
  );
};

/**
 * The transactions of a collective entry, if each has an amount of its own in the entry's currency and they
 * add up to the entry. Otherwise the entry stays whole.
 */
const partsOf = (details: readonly XmlElement[], whole: Money, sign: bigint) => {
  const parts = details.map((one) => {
    const money = moneyIn(one.at('Amt') ?? one.at('AmtDtls', 'TxAmt', 'Amt'));
    return money === undefined || money.currency !== whole.currency
      ? undefined
      : { details: one, amountAtto: (signIn(one) ?? sign) * money.atto };
  });
  const known = parts.filter((part) => part !== undefined);
  const sum = known.reduce((total, { amountAtto }) => total + amountAtto, 0n);
  return known.length === details.length && sum === sign * whole.atto ? known : undefined;
};

/** The movements of a booked entry, or what is wrong with it. */
const movementsOf = (entry: XmlElement): readonly StatedMovement[] | string => {
  const money = moneyIn(entry.at('Amt'));
  if (money === undefined) return 'Ntry has no Amt with a Ccy';
  const sign = signIn(entry);
  if (sign === undefined) return 'Ntry has no CdtDbtInd of CRDT or DBIT';
  const day = dayIn(entry.at('BookgDt'));
  if (day === undefined) return 'Ntry has no BookgDt with a date';
  const details = entry.all('NtryDtls').flatMap((some) => some.all('TxDtls'));
  const same = { day, currency: money.currency };
  const parts = details.length > 1 ? partsOf(details, money, sign) : undefined;
  if (parts !== undefined) {
    return parts.map((part) => ({
      ...same,
      line: part.details.line,
      amountAtto: part.amountAtto,
      reference: referenceOf(entry, part.details),
    }));
  }
  const only = details.length === 1 ? details[0] : undefined;
  const reference = referenceOf(entry, only);
  return [{ ...same, line: entry.line, amountAtto: sign * money.atto, reference }];
};

/** From the first day of any of the statements to the last; null where one of them does not say. */
const periodOf = (statements: readonly XmlElement[]): Period | null => {
  const froms = statements.map((one) => dayIn(one.at('FrToDt', 'FrDtTm')));
  const tos = statements.map((one) => dayIn(one.at('FrToDt', 'ToDtTm')));
  const known = [...froms, ...tos].filter((day) => day !== undefined);
  if (known.length < 2 * statements.length) return null;
  return { from: Math.min(...known), to: Math.max(...known) };
};

const accountOf = (statement: XmlElement): string | undefined =>
  (statement.at('Acct', 'Id', 'IBAN') ?? statement.at('Acct', 'Id', 'Othr', 'Id'))?.text.trim();

/**
 * Reads a message camt.053.001.02 or later, all of it or nothing. Only what is booked is a movement; what is
 * pending, or for information, is left out. Several statements are read as one if they are of one account.
 */
export const parseCamt053 = (text: string, mostLines: number): ParsedStatement => {
  let root: XmlElement;
  try {
    root = readXml(text);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    return unreadable(error.line, error.message);
  }
  const message = root.at('Document', 'BkToCstmrStmt');
  const statements = message?.all('Stmt') ?? [];
  if (statements.length === 0) return unreadable(1, 'is no CAMT.053: it has no BkToCstmrStmt/Stmt');
  const other = statements.find((one) => accountOf(one) !== accountOf(statements[0] ?? one));
  if (other !== undefined)
    return unreadable(other.line, 'Stmt is of another account than the first');
  const flaws: StatementFlaw[] = [];
  const movements: StatedMovement[] = [];
  for (const entry of statements.flatMap((one) => one.all('Ntry'))) {
    const status = statusOf(entry);
    if (status === undefined) flaws.push({ line: entry.line, detail: 'Ntry has no Sts' });
    if (status !== 'BOOK') continue;
    const found = movementsOf(entry);
    if (typeof found === 'string') flaws.push({ line: entry.line, detail: found });
    else movements.push(...found);
    if (movements.length > mostLines) return { kind: 'too-many-lines' };
  }
  if (flaws.length > 0) return { kind: 'unreadable', flaws };
  return { kind: 'parsed', movements, period: periodOf(statements) };
};
