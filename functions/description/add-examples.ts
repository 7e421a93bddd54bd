import { type ApiDocument, type JsonSchema, operationsOf, resolved } from './api-document.ts';

const typeOf = ({ type }: JsonSchema): string | undefined =>
  typeof type === 'string' ? type : type?.find((one) => one !== 'null');

/**
 * A value that shows what a schema means: its own example where it has one, else put together from
 * those of its parts. A test validates each against its schema.
 */
export const exampleOf = (document: ApiDocument, reference: JsonSchema): unknown => {
  const schema = resolved(document, reference);
  const [given] = schema.examples ?? [];
  if (given !== undefined) return given;
  for (const value of [schema.example, schema.const, schema.default]) {
    if (value !== undefined) return value;
  }
  if (schema.enum !== undefined) return schema.enum[0];
  const [alternative] = schema.anyOf ?? schema.oneOf ?? [];
  if (alternative !== undefined) return exampleOf(document, alternative);
  switch (typeOf(schema)) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, property]) => [
          name,
          exampleOf(document, property),
        ]),
      );
    case 'array':
      return schema.items === undefined ? [] : [exampleOf(document, schema.items)];
    case 'boolean':
      return true;
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    default:
      return 'text';
  }
};

/** An example for each alternative that a body may be, by name. */
const examplesOf = (document: ApiDocument, reference: JsonSchema) => {
  const schema = resolved(document, reference);
  const alternatives = schema.examples ?? schema.anyOf ?? [reference];
  return Object.fromEntries(
    alternatives.map((one, i) => {
      const isSchema = schema.examples === undefined;
      const name = isSchema ? (one as JsonSchema).$ref?.split('/').at(-1) : undefined;
      const value = isSchema ? exampleOf(document, one as JsonSchema) : one;
      return [name ?? `example${i === 0 ? '' : i + 1}`, { value }];
    }),
  );
};

/** Gives each body of a request and of an answer its examples, where it has none of its own. */
export const addExamples = (document: ApiDocument): void => {
  for (const { operation } of operationsOf(document)) {
    const bodies = [operation.requestBody, ...Object.values(operation.responses)];
    for (const media of bodies.flatMap((body) => Object.values(body?.content ?? {}))) {
      media.examples ??= examplesOf(document, media.schema);
    }
  }
};
