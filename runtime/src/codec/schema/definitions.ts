import { type DocumentProblem, joinPath, MAX_SCHEMA_DEPTH, type SchemaDocument } from './document.ts';
import { isJsonArray, isJsonObject, member } from './json.ts';
import { appearance, readLogicalType } from './logical-type.ts';
import type { TypeMapping } from './mapping.ts';
import { isFullName, isName, isNamespace, isPrimitiveName, namespaceOf, qualify, simpleName } from './name.ts';
import { LOGICAL_ATTRIBUTES, propertiesOf } from './properties.ts';
import type { EnumType, Field, FixedType, Json, JsonObject, NamedType, RecordType } from './type.ts';

/** A record whose fields are still to be read. */
export type OpenRecord = Omit<RecordType, 'fields'> & { fields: readonly Field[] };

/** A named type where it is defined. */
export interface Definition {
  readonly json: JsonObject;
  readonly document: SchemaDocument;
  readonly mapping: TypeMapping;
  readonly path: string;
  readonly type: OpenRecord | EnumType | FixedType;
}

/** All named types of several documents, records still without fields. */
export interface Definitions {
  /** The first definition of each full name. */
  readonly named: Map<string, Definition>;
  /** In the order met; more than `named` where a name is defined again. */
  readonly all: Definition[];
  readonly byJson: Map<JsonObject, Definition>;
  /** Documents that nest too deep to be read. */
  readonly tooDeep: Set<SchemaDocument>;
  readonly problems: DocumentProblem[];
}

/** Finds every named type, so that documents and the types in them may refer to each other in any order. */
export function collectDefinitions(documents: readonly SchemaDocument[], mapping: TypeMapping): Definitions {
  const definitions: Definitions = {
    named: new Map(),
    all: [],
    byJson: new Map(),
    tooDeep: new Set(),
    problems: [],
  };
  for (const document of documents) {
    const collector = new Collector(definitions, document, document.mapping ?? mapping);
    collector.collect(document.schema, document.path ?? '', document.namespace ?? '', 0);
  }
  return definitions;
}

class Collector {
  readonly #definitions: Definitions;
  readonly #document: SchemaDocument;
  readonly #mapping: TypeMapping;

  constructor(definitions: Definitions, document: SchemaDocument, mapping: TypeMapping) {
    this.#definitions = definitions;
    this.#document = document;
    this.#mapping = mapping;
  }

  collect(json: Json | undefined, path: string, namespace: string, depth: number): void {
    if (depth > MAX_SCHEMA_DEPTH) {
      if (this.#definitions.tooDeep.has(this.#document)) return;
      this.#definitions.tooDeep.add(this.#document);
      this.#problem('', `types nest more than ${MAX_SCHEMA_DEPTH} levels deep`, 'Name inner types and refer to them');
      return;
    }
    if (isJsonArray(json)) {
      for (const [index, branch] of json.entries()) this.collect(branch, `${path}[${index}]`, namespace, depth + 1);
      return;
    }
    if (!isJsonObject(json)) return;
    const type = member(json, 'type');
    switch (type) {
      case 'record':
      case 'error':
      case 'enum':
      case 'fixed': {
        const definition = this.#define(json, type, path, namespace);
        const fields = member(json, 'fields');
        if (definition?.type.kind !== 'record' || !isJsonArray(fields)) return;
        const inner = namespaceOf(definition.type.name);
        for (const [index, field] of fields.entries()) {
          if (!isJsonObject(field)) continue;
          this.collect(member(field, 'type'), joinPath(path, `fields[${index}].type`), inner, depth + 1);
        }
        return;
      }
      case 'array':
        this.collect(member(json, 'items'), joinPath(path, 'items'), namespace, depth + 1);
        return;
      case 'map':
        this.collect(member(json, 'values'), joinPath(path, 'values'), namespace, depth + 1);
        return;
      default:
        if (typeof type === 'object') this.collect(type, joinPath(path, 'type'), namespace, depth + 1);
    }
  }

  /** Undefined where this very object was met before. */
  #define(
    json: JsonObject,
    kind: 'record' | 'error' | 'enum' | 'fixed',
    path: string,
    enclosing: string,
  ): Definition | undefined {
    const { named, all, byJson } = this.#definitions;
    if (byJson.has(json)) return undefined;
    const name = this.#fullName(json, path, enclosing);
    const type =
      kind === 'enum'
        ? this.#enum(json, name, path)
        : kind === 'fixed'
          ? this.#fixed(json, name, path)
          : this.#record(json, name, path);
    const definition: Definition = { json, document: this.#document, mapping: this.#mapping, path, type };
    byJson.set(json, definition);
    all.push(definition);
    if (isFullName(name) && !named.has(name)) named.set(name, definition);
    return definition;
  }

  #fullName(json: JsonObject, path: string, enclosing: string): string {
    const name = member(json, 'name');
    if (typeof name !== 'string') {
      this.#problem(path, 'a named type without a name', 'Add a "name"');
      return '';
    }
    const namespace = member(json, 'namespace') ?? enclosing;
    if (typeof namespace !== 'string' || !isNamespace(namespace)) {
      this.#problem(
        joinPath(path, 'namespace'),
        `${quote(namespace)} is not a namespace`,
        'Use names of ASCII letters, digits and _, separated by dots',
      );
      return '';
    }
    const fullName = qualify(name, namespace);
    if (!isFullName(fullName)) {
      this.#problem(joinPath(path, 'name'), `${quote(name)} is not a name`, NAME_HINT);
      return '';
    }
    if (isPrimitiveName(simpleName(fullName))) {
      this.#problem(joinPath(path, 'name'), `${quote(name)} is the name of a primitive type`, 'Choose another name');
    }
    return fullName;
  }

  #record(json: JsonObject, name: string, path: string): OpenRecord {
    return { kind: 'record', ...this.#common(json, name, path), fields: [], ...propertiesOf(json, RECORD_ATTRIBUTES) };
  }

  #enum(json: JsonObject, name: string, path: string): EnumType {
    const listed = member(json, 'symbols');
    const symbols = new Set<string>();
    if (!isJsonArray(listed)) {
      this.#problem(path, 'an enum without "symbols"', 'Add "symbols", an array of names');
    } else {
      for (const [index, symbol] of listed.entries()) {
        const at = joinPath(path, `symbols[${index}]`);
        if (typeof symbol !== 'string' || !isName(symbol))
          this.#problem(at, `${quote(symbol)} is not a name`, NAME_HINT);
        else if (symbols.has(symbol)) this.#problem(at, `the symbol ${quote(symbol)} appears twice`, 'Remove one');
        else symbols.add(symbol);
      }
    }
    const fallback = member(json, 'default');
    if (fallback !== undefined && (typeof fallback !== 'string' || !symbols.has(fallback))) {
      this.#problem(
        joinPath(path, 'default'),
        `${quote(fallback)} is not one of the symbols`,
        'Use a symbol of this enum',
      );
    }
    return {
      kind: 'enum',
      ...this.#common(json, name, path),
      symbols: [...symbols],
      ...(typeof fallback === 'string' ? { default: fallback } : {}),
      ...propertiesOf(json, ENUM_ATTRIBUTES),
    };
  }

  #fixed(json: JsonObject, name: string, path: string): FixedType {
    const given = member(json, 'size');
    const valid = typeof given === 'number' && Number.isInteger(given) && given >= 0 && given <= MAX_FIXED_SIZE;
    if (!valid) {
      this.#problem(joinPath(path, 'size'), `${quote(given)} is not a size`, 'Give the number of bytes, at least 0');
    }
    const size = valid ? given : 0;
    const { as, logical } = appearance('fixed', readLogicalType(json, 'fixed', size), this.#mapping, undefined);
    return {
      kind: 'fixed',
      ...this.#common(json, name, path),
      size,
      as,
      ...(logical === undefined ? {} : { logical }),
      ...propertiesOf(json, FIXED_ATTRIBUTES, logical === undefined ? [] : LOGICAL_ATTRIBUTES[logical.name]),
    };
  }

  #common(json: JsonObject, name: string, path: string): Pick<NamedType, 'name' | 'aliases' | 'doc'> {
    const doc = member(json, 'doc');
    return { name, aliases: this.#aliases(json, name, path), ...(typeof doc === 'string' ? { doc } : {}) };
  }

  #aliases(json: JsonObject, name: string, path: string): readonly string[] {
    const listed = member(json, 'aliases');
    if (listed === undefined) return [];
    const at = joinPath(path, 'aliases');
    if (!isJsonArray(listed)) {
      this.#problem(at, '"aliases" is not an array', 'Use an array of names');
      return [];
    }
    const aliases = new Set<string>();
    for (const [index, alias] of listed.entries()) {
      const text = typeof alias === 'string' ? alias : '';
      // A leading dot means the null namespace, as in references.
      const full = text.startsWith('.') ? text.slice(1) : qualify(text, namespaceOf(name));
      if (isFullName(full)) aliases.add(full);
      else this.#problem(`${at}[${index}]`, `${quote(alias)} is not a name`, NAME_HINT);
    }
    return [...aliases];
  }

  #problem(path: string, reason: string, hint: string): void {
    this.#definitions.problems.push({ source: this.#document.source, path, reason, hint });
  }
}

/** The specification gives no bound; Java's is that of an int. */
const MAX_FIXED_SIZE = 0x7fffffff;
const RECORD_ATTRIBUTES = ['type', 'name', 'namespace', 'aliases', 'doc', 'fields'];
const ENUM_ATTRIBUTES = ['type', 'name', 'namespace', 'aliases', 'doc', 'symbols', 'default'];
const FIXED_ATTRIBUTES = ['type', 'name', 'namespace', 'aliases', 'doc', 'size'];

export const NAME_HINT = 'Use ASCII letters, digits and _, and start with no digit';

/** A value from a schema, as a message shows it. */
export function quote(json: Json | undefined): string {
  if (json === undefined) return 'nothing';
  if (typeof json === 'object' && json !== null) return isJsonArray(json) ? 'an array' : 'an object';
  const text = typeof json === 'bigint' ? json.toString() : JSON.stringify(json);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
