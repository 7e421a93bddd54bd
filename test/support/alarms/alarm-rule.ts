/** Whether an alarm is in the state ALARM at the moment that is looked at. */
export type AlarmStates = (alarm: string) => boolean;
export type Rule = (alarms: AlarmStates) => boolean;

const tokenPattern = /\s*(ALARM\("[^"]*"\)|AND|OR|NOT|[()])/gy;

/** Compiles the rule of a composite alarm: ALARM("…"), AND, OR, NOT and parentheses. */
export const compileAlarmRule = (text: string): Rule => {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.trimEnd().length) {
    const at = tokenPattern.lastIndex;
    const token = tokenPattern.exec(text)?.[1];
    if (token === undefined) throw new Error(`a rule that is not understood: ${text.slice(at)}`);
    tokens.push(token);
  }
  let position = 0;
  const next = (wanted: string): boolean => {
    if (tokens[position] !== wanted) return false;
    position += 1;
    return true;
  };
  const any = (): Rule => {
    let left = all();
    while (next('OR')) {
      const [a, b] = [left, all()];
      left = (alarms) => a(alarms) || b(alarms);
    }
    return left;
  };
  const all = (): Rule => {
    let left = one();
    while (next('AND')) {
      const [a, b] = [left, one()];
      left = (alarms) => a(alarms) && b(alarms);
    }
    return left;
  };
  const one = (): Rule => {
    if (next('NOT')) {
      const inner = one();
      return (alarms) => !inner(alarms);
    }
    if (next('(')) {
      const inner = any();
      if (!next(')')) throw new Error(`a parenthesis is not closed: ${text}`);
      return inner;
    }
    const name = /^ALARM\("(.*)"\)$/.exec(tokens[position] ?? '')?.[1];
    if (name === undefined) throw new Error(`a rule that ends too early: ${text}`);
    position += 1;
    return (alarms) => alarms(name);
  };
  const rule = any();
  if (position !== tokens.length) throw new Error(`a rule that goes on after its end: ${text}`);
  return rule;
};
