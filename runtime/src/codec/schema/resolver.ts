import { type Definition, type Definitions, NAME_HINT, quote } from './definitions.ts';
import { joinPath } from './document.ts';
import { INVALID } from './invalid.ts';
import { isJsonArray, isJsonObject, member } from './json.ts';
import { appearance, readLogicalType } from './logical-type.ts';
import type { FieldMapping } from './mapping.ts';
import { isName, isPrimitiveName, namespaceOf, qualify, simpleName } from './name.ts';
import { LOGICAL_ATTRIBUTES, propertiesOf } from './properties.ts';
import type { AvroType, Field, Json, JsonObject, NamedType, PrimitiveName, PrimitiveType, UnionType } from './type.ts';
import { branchName, makeUnion } from './union.ts';

/** Where a type is read: the definition or document around it, and what holds there. */
interface Scope {
  readonly place: Pick<Definition, 'document' | 'mapping'>;
  readonly namespace: string;
  readonly field?: FieldMapping | undefined;
}

/** A field together with where it stands, for checks that come later. */
export interface PlacedField {
  readonly field: Field;
  readonly definition: Definition;
  readonly path: string;
}

/** Reads types whose named types have all been collected. Inner definitions are not entered: each is read on its own. */
export class TypeResolver {
  readonly fields: PlacedField[] = [];
  readonly #definitions: Definitions;

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  /** The type of a document. */
  root(place: Pick<Definition, 'document' | 'mapping'>): AvroType {
    const { document } = place;
    if (this.#definitions.tooDeep.has(document)) return INVALID;
    return this.#type(document.schema, { place, namespace: document.namespace ?? '' }, document.path ?? '');
  }

  /** The fields of a record. */
  recordFields(definition: Definition): readonly Field[] {
    const { json, path, type } = definition;
    const listed = member(json, 'fields');
    if (!isJsonArray(listed)) {
      this.#problem(definition, path, 'a record without "fields"', 'Add "fields", an array (it may be empty)');
      return [];
    }
    const fields: Field[] = [];
    const names = new Set<string>();
    for (const [index, entry] of listed.entries()) {
      const at = joinPath(path, `fields[${index}]`);
      if (!isJsonObject(entry)) {
        this.#problem(definition, at, `${quote(entry)} is not a field`, 'Use an object with "name" and "type"');
        continue;
      }
      const name = member(entry, 'name');
      if (typeof name !== 'string' || !isName(name)) {
        this.#problem(definition, joinPath(at, 'name'), `${quote(name)} is not a name of a field`, NAME_HINT);
        continue;
      }
      if (names.has(name)) {
        this.#problem(definition, at, `the field ${quote(name)} appears twice`, 'Rename or remove one');
        continue;
      }
      names.add(name);
      const mapping = ownFieldMapping(definition, `${type.name}.${name}`);
      const field = this.#field(entry, name, definition, mapping, at);
      fields.push(field);
      this.fields.push({ field, definition, path: at });
    }
    return fields;
  }

  #field(
    json: JsonObject,
    name: string,
    definition: Definition,
    mapping: FieldMapping | undefined,
    path: string,
  ): Field {
    const scope: Scope = { place: definition, namespace: namespaceOf(definition.type.name), field: mapping };
    const given = member(json, 'type');
    if (given === undefined) this.#problem(definition, path, `the field ${quote(name)} has no type`, 'Add a "type"');
    const type = given === undefined ? INVALID : this.#type(given, scope, joinPath(path, 'type'));
    const doc = member(json, 'doc');
    const fallback = member(json, 'default');
    const order = member(json, 'order');
    if (order !== undefined && !isOrder(order)) {
      const hint = 'Use "ascending", "descending" or "ignore"';
      this.#problem(definition, joinPath(path, 'order'), `${quote(order)} is not an order`, hint);
    }
    return {
      name,
      aliases: this.#fieldAliases(json, definition, path),
      ...(typeof doc === 'string' ? { doc } : {}),
      type,
      ...(fallback === undefined ? {} : { default: { json: fallback } }),
      ...(isOrder(order) ? { order } : {}),
      ...propertiesOf(json, FIELD_ATTRIBUTES),
    };
  }

  #fieldAliases(json: JsonObject, definition: Definition, path: string): readonly string[] {
    const listed = member(json, 'aliases');
    if (listed === undefined) return [];
    const at = joinPath(path, 'aliases');
    if (!isJsonArray(listed)) {
      this.#problem(definition, at, '"aliases" is not an array', 'Use an array of names');
      return [];
    }
    const aliases = new Set<string>();
    for (const [index, alias] of listed.entries()) {
      if (typeof alias === 'string' && isName(alias)) aliases.add(alias);
      else this.#problem(definition, `${at}[${index}]`, `${quote(alias)} is not a name of a field`, NAME_HINT);
    }
    return [...aliases];
  }

  #type(json: Json, scope: Scope, path: string): AvroType {
    if (typeof json === 'string') {
      return isPrimitiveName(json) ? primitive(json, NO_ATTRIBUTES, scope) : this.#reference(json, scope, path);
    }
    if (isJsonArray(json)) return this.#union(json, scope, path);
    if (!isJsonObject(json)) {
      this.#problem(
        scope.place,
        path,
        `${quote(json)} is not a schema`,
        'Use a name, an object or an array of schemas',
      );
      return INVALID;
    }
    const type = member(json, 'type');
    switch (type) {
      case 'record':
      case 'error':
      case 'enum':
      case 'fixed': {
        const own = this.#definitions.byJson.get(json)?.type;
        // A named type is one object, also where it is defined twice.
        return own === undefined ? INVALID : asNamed(this.#definitions.named.get(own.name)?.type ?? own);
      }
      case 'array':
        return {
          kind: 'array',
          items: this.#part(json, 'items', scope, path),
          ...propertiesOf(json, ARRAY_ATTRIBUTES),
        };
      case 'map':
        return { kind: 'map', values: this.#part(json, 'values', scope, path), ...propertiesOf(json, MAP_ATTRIBUTES) };
      case undefined:
        this.#problem(scope.place, path, 'a schema without a type', 'Add a "type"');
        return INVALID;
      default:
        if (typeof type === 'string' && isPrimitiveName(type)) return primitive(type, json, scope);
        return this.#type(type, scope, joinPath(path, 'type'));
    }
  }

  #part(json: JsonObject, name: 'items' | 'values', scope: Scope, path: string): AvroType {
    const part = member(json, name);
    if (part !== undefined) return this.#type(part, scope, joinPath(path, name));
    const kind = name === 'items' ? 'an array' : 'a map';
    this.#problem(scope.place, path, `${kind} without "${name}"`, `Add "${name}", a schema`);
    return INVALID;
  }

  #union(json: readonly Json[], scope: Scope, path: string): AvroType {
    const branches: Exclude<AvroType, UnionType>[] = [];
    const names = new Set<string>();
    let valid = true;
    for (const [index, entry] of json.entries()) {
      const at = `${path}[${index}]`;
      const type = this.#type(entry, scope, at);
      if (type === INVALID) {
        valid = false;
        continue;
      }
      if (type.kind === 'union') {
        this.#problem(scope.place, at, 'a union directly inside a union', 'List its branches in the outer union');
        continue;
      }
      const name = branchName(type);
      if (names.has(name)) {
        const hint = 'Keep one; only records, enums and fixed of different names may repeat';
        this.#problem(scope.place, at, `the union has the branch ${quote(name)} twice`, hint);
        continue;
      }
      names.add(name);
      branches.push(type);
    }
    return valid ? makeUnion(branches) : INVALID;
  }

  /**
   * A name without dots is looked up in the namespace around it, then in the null namespace, as Java does.
   * A leading dot, which the grammar does not have but Java and others read, means the null namespace alone.
   */
  #reference(name: string, scope: Scope, path: string): AvroType {
    const { named } = this.#definitions;
    const definition = name.startsWith('.')
      ? named.get(name.slice(1))
      : (named.get(qualify(name, scope.namespace)) ?? named.get(name));
    if (definition !== undefined) return asNamed(definition.type);
    const hint = this.#referenceHint(name);
    this.#definitions.problems.push({
      source: scope.place.document.source,
      path,
      reason: `${quote(name)} is not defined`,
      hint: hint ?? 'Define it, add the schema that does, or correct the name',
      ...(hint === undefined ? { unknown: name } : {}),
    });
    return INVALID;
  }

  #referenceHint(name: string): string | undefined {
    if (COMPLEX.includes(name)) return `Write an object around it: { "type": { "type": "${name}", ... } }`;
    const same = [...this.#definitions.named.keys()].filter((known) => simpleName(known) === simpleName(name));
    return same.length > 0 ? `Did you mean ${same.slice(0, 3).map(quote).join(' or ')}` : undefined;
  }

  #problem({ document }: Pick<Definition, 'document'>, path: string, reason: string, hint: string): void {
    this.#definitions.problems.push({ source: document.source, path, reason, hint });
  }
}

const NO_ATTRIBUTES: JsonObject = {};
const ARRAY_ATTRIBUTES = ['type', 'items', 'doc'];
const MAP_ATTRIBUTES = ['type', 'values', 'doc'];
const PRIMITIVE_ATTRIBUTES = ['type', 'doc'];
const FIELD_ATTRIBUTES = ['name', 'type', 'doc', 'default', 'order', 'aliases'];
const COMPLEX = ['record', 'error', 'enum', 'fixed', 'array', 'map'];

function primitive(kind: PrimitiveName, json: JsonObject, scope: Scope): PrimitiveType {
  const { as, logical } = appearance(kind, readLogicalType(json, kind, 0), scope.place.mapping, scope.field);
  return {
    kind,
    as,
    ...(logical === undefined ? {} : { logical }),
    ...propertiesOf(json, PRIMITIVE_ATTRIBUTES, logical === undefined ? [] : LOGICAL_ATTRIBUTES[logical.name]),
  };
}

function ownFieldMapping({ mapping }: Definition, key: string): FieldMapping | undefined {
  const { fields } = mapping;
  return fields !== undefined && Object.hasOwn(fields, key) ? fields[key] : undefined;
}

function isOrder(order: Json | undefined): order is 'ascending' | 'descending' | 'ignore' {
  return order === 'ascending' || order === 'descending' || order === 'ignore';
}

/** An open record is the record it becomes: same object. */
function asNamed(type: Definition['type']): NamedType {
  return type;
}
