import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import {
  type ApiResponse,
  type Example,
  type MediaType,
  operationsOf,
} from '../../../functions/description/api-document.ts';
import { endpoints } from '../../../functions/manifest.ts';
import { describeApi } from '../../../functions/openapi.ts';

const document = await describeApi();
const operations = operationsOf(document).map((place) => ({
  ...place,
  name: place.operation.operationId,
}));
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema(document, 'api');

const shownBy = (example: Example | { readonly $ref: string }): unknown => {
  if (!('$ref' in example)) return example.value;
  const found = document.components.examples?.[example.$ref.split('/').at(-1) ?? ''];
  if (found === undefined) throw new Error(`there is no ${example.$ref}`);
  return found.value;
};

/** What is wrong with the examples of a body; none at all is wrong too. */
const faultsOf = ({ schema, examples = {} }: MediaType): readonly string[] => {
  const rooted = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/'));
  const validate = ajv.compile(rooted);
  const all = Object.entries(examples);
  if (all.length === 0) return ['no example'];
  return all.flatMap(([name, example]) =>
    validate(shownBy(example)) ? [] : [`${name}: ${ajv.errorsText(validate.errors)}`],
  );
};

const mediaOf = ({ operation }: (typeof operations)[number]): readonly [string, MediaType][] => [
  ...Object.entries(operation.requestBody?.content ?? {}),
  ...Object.values(operation.responses).flatMap(({ content }) => Object.entries(content)),
];

describe('the description of the API', () => {
  it('has every endpoint of the manifest', () => {
    expect(operations.map(({ name }) => name).toSorted()).toEqual(
      endpoints.map(({ name }) => name).toSorted(),
    );
  });

  it.each(operations)('shows $name with examples that are what their schemas say', (operation) => {
    const media = mediaOf(operation);
    expect(media.length).toBeGreaterThan(1);
    for (const [type, one] of media)
      expect({ type, faults: faultsOf(one) }).toEqual({ type, faults: [] });
  });

  it.each(operations)(
    'shows $name with requests that its handler takes',
    async ({ name, operation }) => {
      const { handler } = await import(`../../../functions/api/${name}.ts`);
      const body = handler.endpoint.definition.body as z.ZodType | undefined;
      const examples = operation.requestBody?.content['application/json']?.examples ?? {};
      for (const example of Object.values(examples)) {
        expect(body?.safeParse(shownBy(example)).error?.issues ?? []).toEqual([]);
      }
      expect(Object.keys(examples).length > 0).toBe(body !== undefined);
    },
  );

  it('would be found to show an example that is not what its schema says', () => {
    const schema = { $ref: '#/components/schemas/Transfer' };
    expect(faultsOf({ schema, examples: { planted: { value: {} } } })).toHaveLength(1);
    expect(faultsOf({ schema })).toEqual(['no example']);
  });

  it.each(operations)(
    'says of $name what any request may be answered with',
    ({ name, operation }) => {
      const { scopes, idempotency } = endpoints.find((one) => one.name === name) ?? endpoints[0];
      const expected = [
        ...['400', '403', '429', '500', '503', '504'],
        ...(scopes === 'public' ? [] : ['401']),
        ...(idempotency === 'none' ? [] : ['409', '413', '422']),
        ...(operation.requestBody === undefined ? [] : ['415']),
      ];
      const statuses = Object.keys(operation.responses);
      expect(expected.filter((status) => !statuses.includes(status))).toEqual([]);
      expect(statuses.includes('401')).toBe(scopes !== 'public');
      expect(statuses.includes('415')).toBe(operation.requestBody !== undefined);
    },
  );

  it.each(operations)('names the headers of every answer of $name', ({ name, operation }) => {
    const keyed = endpoints.find((one) => one.name === name)?.idempotency !== 'none';
    const lacking = Object.entries(operation.responses).flatMap(([status, { headers = {} }]) => {
      const expected = [
        ...['X-Request-Id', 'traceparent'],
        ...(keyed ? ['Idempotency-Key', 'Idempotency-Replayed'] : []),
        ...(['429', '503', '504'].includes(status) ? ['Retry-After'] : []),
        ...(status === '201' ? ['Location'] : []),
      ];
      return expected.filter((header) => !(header in headers)).map((one) => `${status}: ${one}`);
    });
    expect(lacking).toEqual([]);
  });

  it('links what creates a thing to what takes its id', () => {
    const linksOf = (response: ApiResponse | undefined) => Object.keys(response?.links ?? {});
    const post = document.paths['/v1/holds']?.post;
    expect(linksOf(post?.responses['201'])).toEqual(
      expect.arrayContaining(['read-hold', 'capture-hold', 'void-hold']),
    );
    const names = new Set(operations.map(({ name }) => name));
    const all = operations.flatMap(({ operation }) =>
      Object.values(operation.responses).flatMap(linksOf),
    );
    expect(all.length).toBeGreaterThan(10);
    expect(all.filter((name) => !names.has(name))).toEqual([]);
  });
});
