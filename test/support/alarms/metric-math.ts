/**
 * The part of CloudWatch's metric math that Atlas uses, for one point in time. A missing data point is
 * NaN, as it spreads through arithmetic the same way; a division by zero is missing, too.
 */

/** A value at the moment that is looked at. */
export type Expression = () => number;

type List = readonly Expression[];

const missing = Number.NaN;
const truth = (value: boolean): number => (value ? 1 : 0);

const binary: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0 ? missing : a / b),
  '>': (a, b) => truth(a > b),
  '>=': (a, b) => truth(a >= b),
  '<': (a, b) => truth(a < b),
  '<=': (a, b) => truth(a <= b),
  '==': (a, b) => truth(a === b),
  AND: (a, b) => truth(a !== 0 && b !== 0),
  OR: (a, b) => truth(a !== 0 || b !== 0),
};

/** From the loosest to the tightest. */
const levels: readonly (readonly string[])[] = [
  ['OR'],
  ['AND'],
  ['>=', '<=', '==', '>', '<'],
  ['+', '-'],
  ['*', '/'],
];

const functions: Readonly<Record<string, (options: List) => Expression>> = {
  IF: ([condition, yes, no]) => {
    if (condition === undefined || yes === undefined || no === undefined) {
      throw new Error('IF takes three arguments');
    }
    return () => {
      const decided = condition();
      if (Number.isNaN(decided)) return missing;
      return decided === 0 ? no() : yes();
    };
  },
  FILL: ([value, instead]) => {
    if (value === undefined || instead === undefined) throw new Error('FILL takes two arguments');
    return () => {
      const found = value();
      return Number.isNaN(found) ? instead() : found;
    };
  },
  MAX: (options) => () => {
    const found = options.map((one) => one()).filter((one) => !Number.isNaN(one));
    return found.length === 0 ? missing : Math.max(...found);
  },
};

const tokenPattern = /\s*(>=|<=|==|[-+*/<>()[\],]|\d+(?:\.\d+)?(?:e[-+]?\d+)?|[A-Za-z]\w*)/gy;

const tokensOf = (text: string): readonly string[] => {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.trimEnd().length) {
    const at = tokenPattern.lastIndex;
    const token = tokenPattern.exec(text)?.[1];
    if (token === undefined)
      throw new Error(`metric math that is not understood: ${text.slice(at)}`);
    tokens.push(token);
  }
  return tokens;
};

/** Compiles an expression over what `find` has by ids; throws on anything that it does not know. */
export const compileMetricMath = (text: string, find: (id: string) => Expression): Expression => {
  const tokens = tokensOf(text);
  let position = 0;
  const take = (): string => {
    const token = tokens[position];
    if (token === undefined) throw new Error(`metric math ends too early: ${text}`);
    position += 1;
    return token;
  };
  const demand = (wanted: string): void => {
    const token = take();
    if (token !== wanted) throw new Error(`metric math has ${token} and not ${wanted}: ${text}`);
  };
  const level = (depth: number): Expression => {
    const operators = levels[depth];
    if (operators === undefined) return primary();
    let left = level(depth + 1);
    for (let next = tokens[position]; next !== undefined && operators.includes(next); ) {
      const operate = binary[take()];
      if (operate === undefined) throw new Error(`an operator without a meaning: ${next}`);
      const [a, b] = [left, level(depth + 1)];
      left = () => {
        const x = a();
        const y = b();
        return Number.isNaN(x) || Number.isNaN(y) ? missing : operate(x, y);
      };
      next = tokens[position];
    }
    return left;
  };
  const list = (end: string): List => {
    const items: Expression[] = [];
    while (tokens[position] !== end) {
      if (items.length > 0) demand(',');
      items.push(level(0));
    }
    demand(end);
    return items;
  };
  const primary = (): Expression => {
    const token = take();
    if (token === '(') {
      const inner = level(0);
      demand(')');
      return inner;
    }
    if (/^\d/.test(token)) {
      const value = Number(token);
      return () => value;
    }
    if (tokens[position] !== '(') {
      if (!/^[a-z]/.test(token)) throw new Error(`metric math has ${token} as an id: ${text}`);
      return find(token);
    }
    const make = functions[token];
    if (make === undefined) throw new Error(`metric math has the function ${token}: ${text}`);
    demand('(');
    if (tokens[position] !== '[') return make(list(')'));
    demand('[');
    const items = list(']');
    demand(')');
    return make(items);
  };
  const expression = level(0);
  if (position !== tokens.length) throw new Error(`metric math goes on after its end: ${text}`);
  return expression;
};
