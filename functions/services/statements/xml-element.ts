import { XMLParser } from 'fast-xml-parser';
import { SyntaxValidator } from 'fast-xml-validator';

interface ParsedElement {
  readonly [name: string]: Parsed | readonly Parsed[];
}
type Parsed = string | ParsedElement;

/** An element of a document, found by local names, whatever the prefixes are. */
export interface XmlElement {
  /** Where it begins in the file, counted from 1; that of its parent where it is nothing but text. */
  readonly line: number;
  readonly text: string;
  attribute(name: string): string | undefined;
  all(name: string): readonly XmlElement[];
  /** The first at the end of a path. */
  at(...path: readonly string[]): XmlElement | undefined;
}

const mostNested = 50;
const place: symbol = XMLParser.getMetaDataSymbol() as symbol;

const parser = new XMLParser({
  removeNSPrefix: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  captureMetaData: true,
  maxNestedTags: mostNested,
});

const characters: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** What XML knows without a declaration, in one pass: nothing is expanded twice. */
const decoded = (text: string): string =>
  text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return characters[name] ?? whole;
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });

const startIndexOf = (parsed: ParsedElement): number | undefined =>
  (parsed as Readonly<Record<symbol, { readonly startIndex?: number } | undefined>>)[place]
    ?.startIndex;

/** The line of each place in a text, by the places at which its lines begin. */
const linesOf = (text: string): ((index: number) => number) => {
  const begins = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) begins.push(at + 1);
  return (index) => {
    let [low, high] = [0, begins.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((begins[middle] as number) <= index) low = middle + 1;
      else high = middle;
    }
    return low;
  };
};

const elementOf = (
  parsed: Parsed,
  parentLine: number,
  lineAt: (index: number) => number,
): XmlElement => {
  if (typeof parsed === 'string') {
    const nothing = { attribute: () => undefined, all: () => [], at: () => undefined };
    return { line: parentLine, text: decoded(parsed), ...nothing };
  }
  const start = startIndexOf(parsed);
  const line = start === undefined ? parentLine : lineAt(start);
  const textOf = (name: string): string | undefined => {
    const found = parsed[name];
    return typeof found === 'string' ? decoded(found) : undefined;
  };
  const element: XmlElement = {
    line,
    text: textOf('#text') ?? '',
    attribute: (name) => textOf(`@${name}`),
    all: (name) => {
      const found = Object.hasOwn(parsed, name) ? parsed[name] : undefined;
      return [found ?? []].flat().map((one) => elementOf(one as Parsed, line, lineAt));
    },
    at: (first, ...rest) => {
      const [found] = first === undefined ? [element] : element.all(first);
      return found === undefined || rest.length === 0 ? found : found.at(...rest);
    },
  };
  return element;
};

/** What is wrong with a document as a whole. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
  readonly line: number;

  constructor(line: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.line = line;
  }
}

/**
 * Reads a document whole, or throws an `XmlError`. A document type declaration is refused before anything is
 * parsed, so that no entity is ever declared, expanded or fetched; nesting is limited.
 */
export const readXml = (text: string): XmlElement => {
  const lineAt = linesOf(text);
  const declaration = /<!(?:DOCTYPE|ENTITY)/i.exec(text);
  if (declaration !== null) {
    throw new XmlError(lineAt(declaration.index), 'declares a document type, which is never read');
  }
  try {
    SyntaxValidator.validate(text);
  } catch (error) {
    const line = error instanceof Error && 'line' in error ? Number(error.line) : 1;
    throw new XmlError(line, 'is not well-formed XML', error);
  }
  try {
    return elementOf(parser.parse(text) as ParsedElement, 1, lineAt);
  } catch (error) {
    throw new XmlError(1, `is not XML of at most ${mostNested} levels and common names`, error);
  }
};
