import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import {
  type ApiDocument,
  type ApiResponse,
  operationsOf,
} from '../../functions/description/api-document.ts';
import { describeApi } from '../../functions/openapi.ts';

/** An answer as it goes over the wire: header names in lower case, the body unread. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What an operation's answer has that the description does not promise, or lacks; none: nothing. */
export type AnswerCheck = (operationId: string, answer: WireAnswer) => readonly string[];

/** Headers that any HTTP answer may have, and that nobody describes. */
const ordinary = new Set(['content-type', 'content-length', 'cache-control', 'date', 'connection']);

const pointer = (...parts: readonly string[]): string =>
  parts
    .map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    .join('');

const validatorOf = (document: ApiDocument): Ajv2020 => {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  ajv.addFormat('date', (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text));
  ajv.addFormat('date-time', (text: string) => !Number.isNaN(Date.parse(text)));
  ajv.addFormat('uri', (text: string) => URL.canParse(text));
  ajv.addFormat('uri-reference', (text: string) => URL.canParse(text, 'http://any'));
  ajv.addFormat('int32', true);
  ajv.addFormat('int64', true);
  ajv.addSchema(document, 'api');
  return ajv;
};

const headerFaults = (
  { headers: described = {} }: ApiResponse,
  { headers }: WireAnswer,
  validate: (name: string, value: string) => readonly string[],
): readonly string[] => {
  const known = new Map(Object.keys(described).map((name) => [name.toLowerCase(), name]));
  const missing = [...known].filter(
    ([lower, name]) => described[name]?.required === true && headers[lower] === undefined,
  );
  return [
    ...missing.map(([, name]) => `lacks the header ${name}`),
    ...Object.entries(headers).flatMap(([lower, value]) => {
      const name = known.get(lower);
      if (name !== undefined) return validate(name, value);
      return ordinary.has(lower) ? [] : [`has a header that is not described: ${lower}`];
    }),
  ];
};

/**
 * Holds answers to the API description: that the status is one of the operation's, the media type one
 * of the status's, the body what the schema says (and a problem's code one that is listed), that no
 * header is missing and none is undescribed. Schemas are compiled at first use.
 */
export const answerCheck = async (made?: ApiDocument): Promise<AnswerCheck> => {
  const document = made ?? (await describeApi());
  const ajv = validatorOf(document);
  const places = new Map(
    operationsOf(document).map((place) => [place.operation.operationId, place]),
  );
  const compiled = new Map<string, ValidateFunction>();
  const faultsOf = (address: string, value: unknown): readonly string[] => {
    let validate = compiled.get(address);
    validate ??= ajv.compile({ $ref: `api#${address}` });
    compiled.set(address, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message} (${e.schemaPath})`);
  };
  return (operationId, answer) => {
    const place = places.get(operationId);
    if (place === undefined) return [`${operationId} is not described`];
    const status = String(answer.status);
    const response = place.operation.responses[status];
    if (response === undefined) return [`the status ${status} is not described`];
    const at = (...parts: readonly string[]) =>
      pointer('paths', place.path, place.method, 'responses', status, ...parts, 'schema');
    const type = answer.headers['content-type']?.split(';')[0] ?? '';
    if (response.content[type] === undefined) return [`the type "${type}" is not described`];
    return [
      ...faultsOf(
        at('content', type),
        type.endsWith('json') ? JSON.parse(answer.text) : answer.text,
      ),
      ...headerFaults(response, answer, (name, value) => faultsOf(at('headers', name), value)),
    ];
  };
};
