import { isDeepStrictEqual } from 'node:util';

export type Schema = Readonly<Record<string, unknown>>;

/** Keywords that say nothing about which data is valid. */
const annotations = new Set(['$schema', '$id', 'title', 'description', 'examples', '$comment']);
/** Upper and lower bounds: a reader may only be as strict as the writer was, or less. */
const ceilings = ['maxLength', 'maxItems', 'maximum', 'maxProperties'] as const;
const floors = ['minLength', 'minItems', 'minimum', 'minProperties'] as const;
const compared = new Set<string>([
  ...ceilings,
  ...floors,
  ...['type', 'enum', 'const', 'pattern', 'anyOf'],
  ...['required', 'properties', 'additionalProperties', 'items'],
]);

const schemaOf = (value: unknown): Schema => (value ?? {}) as Schema;
const listOf = <T>(value: unknown): readonly T[] => (value ?? []) as readonly T[];

/**
 * Why data that is valid for `writer` may not be valid for `reader`; empty when every instance is:
 * Confluent's and Glue's BACKWARD, for the part of JSON Schema draft-07 that events use. What it
 * cannot compare it refuses. Writers send only what their schema names (a map's names aside), which
 * is what lets a reader add an optional property.
 */
export const incompatibilities = (reader: Schema, writer: Schema, path = ''): readonly string[] => {
  if (isDeepStrictEqual(reader, writer)) return [];
  const unknown = Object.keys(reader).filter((k) => !annotations.has(k) && !compared.has(k));
  if (unknown.length > 0) return [`${path}: cannot compare ${unknown.join(', ')}`];
  if (writer.anyOf !== undefined || reader.anyOf !== undefined) {
    return alternatives(reader, writer, path);
  }
  return [
    ...valueViolations(reader, writer, path),
    ...objectViolations(reader, writer, path),
    ...(reader.items === undefined
      ? []
      : incompatibilities(schemaOf(reader.items), schemaOf(writer.items), `${path}/items`)),
  ];
};

/** Each of the writer's alternatives must be one of the reader's. */
const alternatives = (reader: Schema, writer: Schema, path: string): readonly string[] => {
  const read = reader.anyOf === undefined ? [reader] : listOf<Schema>(reader.anyOf);
  const written = writer.anyOf === undefined ? [writer] : listOf<Schema>(writer.anyOf);
  return written.flatMap((one, i) =>
    read.some((other) => incompatibilities(other, one).length === 0)
      ? []
      : [`${path}/anyOf/${i}: no alternative of the reader takes it`],
  );
};

const valueViolations = (reader: Schema, writer: Schema, path: string): readonly string[] => {
  const violations: string[] = [];
  const complain = (what: string) => violations.push(`${path}: ${what}`);
  const valuesOf = (schema: Schema): readonly unknown[] | undefined =>
    'const' in schema ? [schema.const] : (schema.enum as readonly unknown[] | undefined);
  const [taken, given] = [valuesOf(reader), valuesOf(writer)];
  if (taken !== undefined) {
    const lost = given?.filter((value) => !taken.includes(value));
    if (lost === undefined) complain('any value became an enumeration');
    else if (lost.length > 0) complain(`${lost.join(', ')} no longer allowed`);
  }
  const typesOf = (schema: Schema) => listOf<string>([schema.type ?? []].flat());
  if (reader.type !== undefined) {
    const before = given === undefined ? typesOf(writer) : given.map((value) => typeof value);
    const refused = before.filter((type) => !accepts(typesOf(reader), type));
    if (before.length === 0 || refused.length > 0) complain('the type changed');
  }
  if (reader.pattern !== undefined && reader.pattern !== writer.pattern) {
    complain('the pattern changed');
  }
  for (const name of ceilings) {
    const [now, before] = [reader[name], writer[name]] as readonly (number | undefined)[];
    if (now !== undefined && (before === undefined || before > now)) complain(`${name} fell`);
  }
  for (const name of floors) {
    const [now, before] = [reader[name], writer[name]] as readonly (number | undefined)[];
    if (now !== undefined && (before ?? 0) < now) complain(`${name} rose`);
  }
  return violations;
};

const accepts = (types: readonly string[], type: string): boolean =>
  types.includes(type) || (type === 'integer' && types.includes('number'));

const objectViolations = (reader: Schema, writer: Schema, path: string): readonly string[] => {
  const violations: string[] = [];
  const [read, written] = [schemaOf(reader.properties), schemaOf(writer.properties)];
  const promised = new Set(listOf<string>(writer.required));
  for (const name of listOf<string>(reader.required)) {
    if (!promised.has(name)) violations.push(`${path}/${name}: became required`);
  }
  const rest = reader.additionalProperties;
  for (const name of Object.keys(written)) {
    if (name in read) {
      const [now, before] = [schemaOf(read[name]), schemaOf(written[name])];
      violations.push(...incompatibilities(now, before, `${path}/${name}`));
    } else if (rest === false) {
      violations.push(`${path}/${name}: no longer allowed`);
    } else if (typeof rest === 'object') {
      const before = schemaOf(written[name]);
      violations.push(...incompatibilities(schemaOf(rest), before, `${path}/${name}`));
    }
  }
  const more = writer.additionalProperties;
  if (typeof more !== 'object') return violations;
  // The writer's map may hold any name: what the reader says of the rest, and of new names, binds it.
  if (rest === false) violations.push(`${path}: became closed`);
  const added = Object.keys(read).filter((name) => !(name in written));
  for (const name of added) {
    const now = schemaOf(read[name]);
    violations.push(...incompatibilities(now, schemaOf(more), `${path}/${name}`));
  }
  if (typeof rest === 'object') {
    violations.push(...incompatibilities(schemaOf(rest), schemaOf(more), `${path}/*`));
  }
  return violations;
};
