import { closest } from '../config/closest.ts';
import type { AvroFormat, Config, FormatConfig, OwnFormatConfig, TypedFormatConfig } from '../config/config.ts';
import type { PulledRegistry } from '../sources/registry/load-pulled.ts';
import type { AvroReference, FormatModel, PlainFormatKind, TypeModel, WriterModel, WritersModel } from './model.ts';
import { type RegistrySurroundings, registryFormat, typesOfSubject } from './registry-format.ts';
import type { TopicPart } from './subjects.ts';
import type { Problem } from './topic-name.ts';

import { avroTypeOf, nameOf, referTo } from './type-reference.ts';
import { userExport } from './user-export.ts';
import { isSchemaFile, readerOf, type WriterSchemas } from './writer-schemas.ts';

const PLAIN: readonly PlainFormatKind[] = ['utf8', 'bytes', 'int32', 'int64', 'float64'];

/** Avro primitives that people write where they mean a plain format. */
const MEANT: { readonly [primitive: string]: PlainFormatKind } = {
  string: 'utf8',
  int: 'int32',
  long: 'int64',
  double: 'float64',
};

export interface FormatSurroundings {
  readonly config: Config;
  readonly types: readonly TypeModel[];
  readonly writers: WriterSchemas;
  readonly pulled: PulledRegistry;
  readonly topicPart: TopicPart;
  /** What a person should know and need not mend. */
  readonly notice: (text: string) => void;
  /** What the function is called that has older writers' schemas. */
  readonly writersFunction: string;
  /** What the function is called that says what was pulled. */
  readonly registryFunction: string;
  readonly report: (path: string, problem: Problem) => void;
}

/** What a format in the config means; undefined where something is wrong, which is reported. */
export function buildFormat(config: FormatConfig, path: string, around: FormatSurroundings): FormatModel | undefined {
  if (typeof config === 'string') return shortFormat(config, path, around);
  return 'import' in config ? importedFormat(config, path, around) : typedFormat(config, path, around);
}

function importedFormat(
  config: OwnFormatConfig,
  path: string,
  { config: { out }, report }: FormatSurroundings,
): FormatModel | undefined {
  const found = userExport(config, 'format', out);
  if (!('reason' in found)) return { kind: 'own', ...found };
  report(`${path}.${found.at}`, found);
  return undefined;
}

function shortFormat(name: string, path: string, around: FormatSurroundings): FormatModel | undefined {
  const plain = PLAIN.find((kind) => kind === name);
  if (plain !== undefined) return { kind: plain };
  if (name === 'json') return { kind: 'json' };
  const meant = Object.hasOwn(MEANT, name) ? MEANT[name] : undefined;
  if (meant !== undefined && !around.types.some(({ fullName }) => fullName === name)) {
    around.report(path, {
      reason: `'${name}' is a type of Avro's, not a format`,
      hint: `Write '${meant}', or { type: '${name}', format: 'avro' } for Avro's own bytes`,
    });
    return undefined;
  }
  const reference = referTo(name, around.types, around.config.types);
  if ('type' in reference) return { kind: 'avro', types: [reference] };
  const formats = name === 'avro' || name === 'confluent' || name === 'single-object';
  const hint = `Say of which type: { type: 'shop.Order', format: '${name}' }`;
  if (formats) around.report(path, { reason: `format '${name}' needs a type`, hint });
  else {
    const near = closest(name, [...PLAIN, 'json']);
    const suggests = reference.hint.startsWith('Did you mean') || near === undefined;
    around.report(path, suggests ? reference : { ...reference, hint: `Did you mean '${near}'?` });
  }
  return undefined;
}

function typedFormat(config: TypedFormatConfig, path: string, around: FormatSurroundings): FormatModel | undefined {
  const names = namesOf(config, path, around);
  if (names === undefined) return undefined;
  const types = references(
    names,
    typeof config.type === 'object' ? (i) => `${path}.type[${i}]` : () => `${path}.type`,
    around,
  );
  if (types === undefined) return undefined;
  const format: AvroFormat = config.format ?? 'avro';
  if (format === 'avro' && types.length > 1) {
    around.report(`${path}.format`, {
      reason: "bytes in format 'avro' do not say which of the types they are of",
      hint: "Use 'confluent', 'single-object' or 'json'",
    });
    return undefined;
  }
  if (config.id !== undefined && format !== 'confluent') {
    around.report(`${path}.id`, {
      reason: `format '${format}' has no ids`,
      hint: "Remove it, or use format 'confluent'",
    });
    return undefined;
  }
  if (config.writers !== undefined && format !== 'single-object') {
    const byId = "Give older schemas of format 'confluent' in `id`, as { 'schemas/old.avsc': 3 }";
    const hint = format === 'confluent' ? byId : "Remove it, or use format 'single-object'";
    around.report(`${path}.writers`, { reason: `format '${format}' does not take a list of writers`, hint });
    return undefined;
  }
  switch (format) {
    case 'confluent':
      return confluentFormat(config, types, path, around);
    case 'single-object':
      return singleObjectFormat(config, types, path, around);
    case 'json':
      return { kind: 'typed-json', types };
    case 'avro':
      return { kind: 'avro', types };
  }
}

/** Those the config gives, else those of the subject's newest version. */
function namesOf(config: TypedFormatConfig, path: string, around: FormatSurroundings): readonly string[] | undefined {
  if (config.type !== undefined) return typeof config.type === 'string' ? [config.type] : config.type;
  if (isUnread(around.pulled)) return undefined;
  const names = typesOfSubject(config, registryAround(config, around));
  if (!('reason' in names)) return names;
  around.report(path, names);
  return undefined;
}

/** What could not be loaded has findings of its own: that its subjects are missing is none. */
function isUnread({ subjects, findings }: PulledRegistry): boolean {
  return subjects.length === 0 && findings.length > 0;
}

function registryAround({ subject }: TypedFormatConfig, around: FormatSurroundings): RegistrySurroundings {
  const { pulled, topicPart, config } = around;
  const names = config.registry?.subjectNames;
  const subjectNames = typeof names === 'object' ? names[topicPart.part] : names;
  const autoRegister = config.registry?.autoRegister === true;
  return { pulled, topicPart: { ...topicPart, subject }, subjectNames, autoRegister };
}

function references(
  names: readonly string[],
  pathOf: (index: number) => string,
  around: FormatSurroundings,
): readonly AvroReference[] | undefined {
  let complete = names.length > 0;
  const types = names.flatMap((name, i) => {
    const problem = (reason: string, hint: string): Problem => ({ reason, hint });
    const reference = referTo(name, around.types, around.config.types);
    let wrong: Problem | undefined;
    if (!('type' in reference)) {
      const isPlain = PLAIN.some((kind) => kind === name);
      wrong = isPlain
        ? problem(`'${name}' is a format, not a type`, `Write '${name}' instead of the object`)
        : reference;
    } else if (names.indexOf(name) !== i) {
      wrong = problem(`type '${name}' is there twice`, 'Remove one of them');
    } else if (names.length > 1 && avroTypeOf(reference).kind === 'union') {
      wrong = problem(`${name} is a union, which cannot be one of several types`, 'Name the types of its branches');
    }
    if (wrong === undefined && 'type' in reference) return [reference];
    complete = false;
    if (wrong !== undefined) around.report(pathOf(i), wrong);
    return [];
  });
  return complete ? types : undefined;
}

function confluentFormat(
  config: TypedFormatConfig,
  types: readonly AvroReference[],
  path: string,
  around: FormatSurroundings,
): FormatModel | undefined {
  const at = `${path}.id`;
  const [first] = types;
  const names = types.map(nameOf);
  const example = `{ ${names.map((name, i) => `'${name}': ${i + 1}`).join(', ')} }`;
  if (config.id === undefined && around.config.registry !== undefined) {
    return pulledFormat(config, types, path, around);
  }
  if (config.id === undefined) {
    const hint = types.length === 1 ? 'Give `id`, the number that the registry has for it' : `Give \`id: ${example}\``;
    around.report(path, { reason: `format 'confluent' writes the schema's id, which is not known`, hint });
    return undefined;
  }
  if (typeof config.id === 'number') {
    if (types.length === 1 && first !== undefined) return { kind: 'confluent', types: [{ ...first, id: config.id }] };
    around.report(at, { reason: 'one id cannot stand for several types', hint: `Give one for each: ${example}` });
    return undefined;
  }
  return confluentIds(config.id, types, at, around);
}

function pulledFormat(
  config: TypedFormatConfig,
  types: readonly AvroReference[],
  path: string,
  around: FormatSurroundings,
): FormatModel | undefined {
  if (isUnread(around.pulled)) return undefined;
  const found = registryFormat(types, registryAround(config, around));
  if ('reason' in found) {
    around.report(path, found);
    return undefined;
  }
  for (const text of found.notices) around.notice(text);
  const registry = { functionName: around.registryFunction, ...found.registry };
  return { kind: 'confluent', types: found.types, registry, ...withWriters(found.writers, around) };
}

function confluentIds(
  ids: { readonly [name: string]: number },
  types: readonly AvroReference[],
  path: string,
  around: FormatSurroundings,
): FormatModel | undefined {
  let complete = true;
  const wrong = (at: string, problem: Problem): void => {
    complete = false;
    around.report(at, problem);
  };
  const holders = new Map<number, string>();
  const writers: WriterModel[] = [];
  for (const [name, id] of Object.entries(ids)) {
    const at = `${path}[${JSON.stringify(name)}]`;
    const holder = holders.get(id);
    if (holder !== undefined)
      wrong(at, { reason: `id ${id} is that of ${holder} already`, hint: 'Each schema has its own id' });
    else holders.set(id, name);
    if (types.some((reference) => nameOf(reference) === name)) continue;
    if (isSchemaFile(name)) {
      const writer = writerModel(name, types, around);
      if ('schema' in writer) writers.push({ ...writer, id });
      else wrong(at, writer);
    } else {
      const hint = `They are ${types.map(nameOf).join(', ')}; an older schema is given by its file`;
      wrong(at, { reason: `${JSON.stringify(name)} is not one of the topic's types`, hint });
    }
  }
  const withIds = types.map((reference) => {
    const name = nameOf(reference);
    const id = Object.hasOwn(ids, name) ? ids[name] : undefined;
    if (id === undefined)
      wrong(path, { reason: `there is no id for ${name}`, hint: `Add '${name}' with the registry's id` });
    return { ...reference, id };
  });
  return complete ? { kind: 'confluent', types: withIds, ...withWriters(writers, around) } : undefined;
}

function singleObjectFormat(
  config: TypedFormatConfig,
  types: readonly AvroReference[],
  path: string,
  around: FormatSurroundings,
): FormatModel | undefined {
  let complete = true;
  const writers = (config.writers ?? []).flatMap((file, i) => {
    const writer = writerModel(file, types, around);
    if ('schema' in writer) return [writer];
    complete = false;
    around.report(`${path}.writers[${i}]`, writer);
    return [];
  });
  return complete ? { kind: 'single-object', types, ...withWriters(writers, around) } : undefined;
}

function writerModel(
  file: string,
  types: readonly AvroReference[],
  { writers }: FormatSurroundings,
): WriterModel | Problem {
  const schema = writers.get(file) ?? { reason: 'the file was not read', hint: 'See whether it is there' };
  if (typeof schema !== 'string') return schema;
  const reader = readerOf(schema, types);
  return 'type' in reader ? { schema, reader } : reader;
}

function withWriters(
  schemas: readonly WriterModel[],
  { writersFunction }: FormatSurroundings,
): { readonly writers?: WritersModel } {
  return schemas.length === 0 ? {} : { writers: { functionName: writersFunction, schemas } };
}
