import { dayText } from '@atlas/domain';
import { describe, expect, it } from 'vitest';
import { parseCamt053 } from '../../../functions/services/statements/parse-camt053.ts';
import { statementFile, told } from './read-statement-file.ts';

const older = statementFile('camt053-v02.xml');
const newer = statementFile('camt053-v08.xml');
const read = (text: string, most = 100) => told(parseCamt053(text, most));
const euros = (amount: number) => `${amount}000000000000000000 EUR`;

/** The file with something replaced that is in it. */
const changed = (text: string, from: string, to: string): string => {
  expect(text).toContain(from);
  return text.replace(from, to);
};

describe('a CAMT.053 statement', () => {
  it('of an older version tells what is booked, and splits what adds up', () => {
    expect(read(older)).toEqual([
      `22 2026-10-30 -${euros(886)} E2E-17`,
      `44 2026-10-31 ${euros(310)} Müller Order 4`,
      `49 2026-10-31 -${euros(10)} E2E-FEE`,
    ]);
  });

  it('of a newer one has codes for states, prefixes, and reversals that turn nothing round', () => {
    expect(read(newer)).toEqual([
      `12 2026-10-12 ${euros(40)} 7`,
      // 50 and 30 are not 90, so the entry stays whole.
      `20 2026-10-13 -${euros(90)} BULK-1`,
    ]);
  });

  it('covers the days that it says, and otherwise says none', () => {
    const parsed = parseCamt053(newer, 100);
    if (parsed.kind !== 'parsed' || parsed.period === null) throw new Error('no period');
    expect(dayText(parsed.period.from)).toBe('2026-10-01');
    expect(dayText(parsed.period.to)).toBe('2026-10-31');
    expect(parseCamt053(older, 100)).toMatchObject({ kind: 'parsed', period: null });
  });

  it('keeps an entry whole whose parts are of another currency, or have no amount', () => {
    const whole = `37 2026-10-31 ${euros(300)} null`;
    const foreign = changed(older, '<Amt Ccy="EUR">310.00', '<Amt Ccy="USD">310.00');
    expect(read(foreign)[1]).toBe(whole);
    const silent = changed(older, '<TxAmt><Amt Ccy="EUR">310.00</Amt></TxAmt>', '');
    expect(read(silent)[1]).toBe(whole);
  });

  it('is read as it was before when it has no line breaks, or CRLF', () => {
    const amounts = (text: string) => read(text).map((line) => line.replace(/^\d+ /, ''));
    expect(amounts(older.replaceAll(/\n\s*/g, ''))).toEqual(amounts(older));
    expect(read(older.replaceAll('\n', '\r\n'))).toEqual(read(older));
  });

  it.each([
    ['<Amt Ccy="EUR">886.00</Amt>', '', '22 Ntry has no Amt with a Ccy'],
    ['<Amt Ccy="EUR">886.00</Amt>', '<Amt>886.00</Amt>', '22 Ntry has no Amt with a Ccy'],
    ['<Amt Ccy="EUR">886.00', '<Amt Ccy="EUR">-886.00', '22 Ntry has no Amt with a Ccy'],
    ['<Amt Ccy="EUR">886.00', '<Amt Ccy="EUR">1e3', '22 Ntry has no Amt with a Ccy'],
    ['DBIT', 'OTHER', '22 Ntry has no CdtDbtInd of CRDT or DBIT'],
    ['<Sts>BOOK</Sts>', '', '22 Ntry has no Sts'],
    ['<BookgDt><Dt>2026-10-30', '<BookgDt><Dt>2026-02-30', '22 Ntry has no BookgDt with a date'],
    ['</TxDtls>', '', '35 is not well-formed XML'],
    ['BkToCstmrStmt>', 'BkToCstmrDbtCdtNtfctn>', '63 is not well-formed XML'],
  ])('is refused with %s changed to %j', (from, to, flaw) => {
    expect(read(changed(older, from, to))[0]).toBe(flaw);
  });

  it('is refused when it is another message, cut off, or no XML', () => {
    const nothing = ['1 is no CAMT.053: it has no BkToCstmrStmt/Stmt'];
    expect(read(older.replaceAll('BkToCstmrStmt', 'BkToCstmrDbtCdtNtfctn'))).toEqual(nothing);
    expect(read('<a/>')).toEqual(nothing);
    expect(read(older.slice(0, -200))[0]).toMatch(/is not well-formed XML$/);
    expect(read('date,amount')).toEqual(['1 is not well-formed XML']);
    expect(read('')).toEqual(['1 is not well-formed XML']);
    const hostile = changed(older, '<GrpHdr>', '<__proto__><Stmt/></__proto__><GrpHdr>');
    expect(read(hostile)).toEqual(['1 is not XML of at most 50 levels and common names']);
  });

  it('is read as one with the next of the same account, and refused with that of another', () => {
    const [statement = ''] = /<Stmt>[\s\S]*<\/Stmt>/.exec(older) ?? [];
    const twice = changed(older, '</Stmt>', `</Stmt>\n${statement}`);
    expect(read(twice)).toHaveLength(6);
    const strange = statement.replace('DE89370400440532013000', 'DE02120300000000202051');
    expect(read(changed(older, '</Stmt>', `</Stmt>\n${strange}`))[0]).toMatch(
      /Stmt is of another account than the first$/,
    );
  });

  it('has no more lines than are allowed', () => {
    expect(read(older, 2)).toEqual(['too many lines']);
    expect(read(older, 3)).toHaveLength(3);
  });
});

describe('a document that means harm', () => {
  const body = older.slice(older.indexOf('<Document'));

  it('fetches no file: a document type is never read', () => {
    const xxe = `<?xml version="1.0"?>
<!DOCTYPE Document [<!ENTITY file SYSTEM "file:///etc/passwd">]>
${body.replace('E2E-17', '&file;')}`;
    expect(read(xxe)).toEqual(['2 declares a document type, which is never read']);
  });

  it('expands nothing: a billion laughs are refused before the first', () => {
    const laughs = Array.from(
      { length: 9 },
      (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`,
    );
    const bomb = `<?xml version="1.0"?><!DOCTYPE Document [<!ENTITY l0 "lol">${laughs.join('')}]>
${body.replace('E2E-17', '&l9;')}`;
    expect(read(bomb)).toEqual(['1 declares a document type, which is never read']);
    expect(read(body.replace('E2E-17', '&l9;'))[0]).toContain('&l9;');
  });

  it('nests no deeper than a statement does', () => {
    const deep = `${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`;
    expect(read(deep)).toEqual(['1 is not XML of at most 50 levels and common names']);
  });

  it('is not expanded twice', () => {
    const twice = changed(older, 'E2E-17', '&amp;lt;x&amp;#65;');
    expect(read(twice)[0]).toMatch(/ &lt;x&#65;$/);
  });
});
