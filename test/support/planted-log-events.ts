import { Fault } from '@atlas/domain';
import * as fc from 'fast-check';
import { type Secret, secret } from './planted-secrets.ts';

/** What somebody might hand to a logger, with secrets all over it. */
export interface LogEvent {
  readonly secrets: readonly Secret[];
  /** Made where it is used: printing a counterexample must not set off what it has in it. */
  readonly make: () => { readonly fields: object; readonly error: unknown };
}

/** Fields that may be told, of every kind that holds text. */
const toldFields = [
  'tenant',
  'requestId',
  'key',
  'topic',
  'path',
  'problem',
  'method',
  'traceparent',
];
const numberFields = ['status', 'applied', 'offset', 'replayed'];

type Plant = (text: string) => unknown;

const nested: readonly Plant[] = [
  (text) => text,
  (text) => ({ deep: { deeper: [{ deepest: text }] } }),
  (text) => [text, [text]],
  (text) => new Map([[text, text]]),
  (text) => new Set([text]),
  (text) => new Error(text),
  (text) => ({ toJSON: () => text }),
  (text) => ({ toString: () => text, [Symbol.toPrimitive]: () => text }),
  (text) => ({ [text]: 1 }),
  (text) => Buffer.from(text),
  (text) => () => text,
  (text) => Symbol(text),
  (text) => Object.assign(Object.create({ inherited: text }) as object, { own: text }),
  (text) => {
    const circular: Record<string, unknown> = { text };
    circular.self = circular;
    return circular;
  },
];

/** Also over a getter that was there before. */
const put = (fields: object, key: string | symbol, value: unknown): void => {
  Object.defineProperty(fields, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
};

type Planting = (fields: object, one: Secret) => void;

const plantings: fc.Arbitrary<Planting> = fc.oneof(
  fc
    .tuple(fc.constantFrom('password', 'authorization', 'query', 'x'), fc.constantFrom(...nested))
    .map(
      ([key, plant]): Planting =>
        (fields, { text }) => {
          put(fields, key, plant(text));
        },
    ),
  // Under a name that may be told: by itself only what no name looks like, within something whatever it is.
  fc
    .tuple(fc.constantFrom(...toldFields, ...numberFields), fc.constantFrom(...nested.slice(1)))
    .map(
      ([key, plant]): Planting =>
        (fields, { text, isTelltale }) => {
          put(fields, key, isTelltale ? text : plant(text));
        },
    ),
  fc.constantFrom(...numberFields).map(
    (key): Planting =>
      (fields, { text }) => {
        put(fields, key, text);
      },
  ),
  fc.constant<Planting>((fields, { text }) => {
    put(fields, text, text);
  }),
  fc.constant<Planting>((fields, { text }) => {
    put(fields, Symbol(text), text);
  }),
  fc.constant<Planting>((fields, { text }) => {
    put(fields, 'card', Number(text.replaceAll(/\D/g, '').slice(0, 16)));
  }),
  fc.constantFrom('applied', 'tenant', 'whatever').map(
    (key): Planting =>
      (fields, { text }) => {
        Object.defineProperty(fields, key, {
          enumerable: true,
          configurable: true,
          get: () => {
            throw new Error(text);
          },
        });
      },
  ),
);

const frame = '    at query (/var/task/index.js:1:100)';

const errors: readonly Plant[] = [
  (text) => new Error(text),
  (text) => new TypeError(`cannot read ${text}`, { cause: new Error(text) }),
  (text) => Object.assign(new Error('failed'), { detail: text, query: text, parameters: [text] }),
  (text) => Object.assign(new Error('failed'), { code: text, name: text, $metadata: { text } }),
  (text) => Object.assign(new Error('failed'), { config: { headers: { authorization: text } } }),
  (text) => Object.assign(new Error('failed'), { [text]: text, toJSON: () => text }),
  (text) => Object.assign(new Error(text), { message: 'changed later' }),
  (text) => Object.assign(new Error('failed'), { stack: `Error: ${text}\n${frame}` }),
  (text) => new Error(`one line\n    at ${text} (/var/task/${text}.js:1:1)\n${text}\n${frame}`),
  (text) => new AggregateError([new Error(text), text], text),
  (text) => new Fault('dependency-unavailable', 'down', { cause: new Error(text) }),
  (text) => new Fault('overloaded', 'no place', { cause: { text } }),
  (text) => new Fault('overloaded', 'no place', { cause: text }),
  (text) => new DOMException(text, text),
  (text) => text,
  (text) => ({ message: text, stack: text, name: text }),
  (text) => {
    const error = new Error('circular', { cause: text });
    error.cause = Object.assign(new Error(text), { cause: error });
    return error;
  },
  (text) =>
    Object.defineProperty(new Error('failed'), 'message', {
      get: () => {
        throw new Error(text);
      },
    }),
  (text) =>
    new Proxy(new Error(text), {
      get: () => {
        throw new Error(text);
      },
    }),
];

export const logEvent: fc.Arbitrary<LogEvent> = fc
  .tuple(
    fc.array(fc.tuple(secret, plantings), { minLength: 1, maxLength: 4 }),
    fc.option(fc.tuple(secret, fc.constantFrom(...errors)), { nil: undefined }),
  )
  .map(([planted, thrown]) => ({
    secrets: [...planted, ...(thrown === undefined ? [] : [thrown])].map(([one]) => one),
    make: () => {
      const fields = { applied: 1 };
      for (const [one, plant] of planted) plant(fields, one);
      return { fields, error: thrown === undefined ? undefined : thrown[1](thrown[0].text) };
    },
  }));
