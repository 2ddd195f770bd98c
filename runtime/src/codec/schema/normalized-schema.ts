import { writeJson } from './json.ts';
import { namespaceOf } from './name.ts';
import { partsOf } from './nesting.ts';
import { logicalAttributes } from './properties.ts';
import type { AvroType, Field, FixedType, Json, JsonObject, NamedType, PrimitiveType } from './type.ts';

/**
 * A schema as JSON text without `doc`: full names, self-contained, everything that has a meaning kept (aliases,
 * defaults, order, logical types, properties). Members come in a fixed order, so equal schemas give equal text.
 * It parses to a schema with the same canonical form.
 */
export function normalizedSchema(type: AvroType): string {
  return writeJson(new SchemaWriter(() => true).write(type, ''));
}

/**
 * The same for one named type alone (or an unnamed root): all other named types are written by full name.
 */
export function normalizedDefinition(type: AvroType): string {
  return writeJson(new SchemaWriter((each) => each === type).write(type, ''));
}

/**
 * A schema as people publish it: as `normalizedSchema`, with `doc`; types of these names are written by name alone, as
 * those that are defined elsewhere.
 */
export function publishedSchema(type: AvroType, elsewhere: ReadonlySet<string>): string {
  return writeJson(new SchemaWriter((each) => each === type || !elsewhere.has(each.name), 'doc').write(type, ''));
}

/** True where two types mean the same, doc aside: aliases, defaults, order, logical types and properties included. */
export function sameSchema(a: AvroType, b: AvroType): boolean {
  return a === b || normalizedSchema(a) === normalizedSchema(b);
}

/** All named types inside a type, itself included, by full name; in the order in which they are met. */
export function namedTypesOf(type: AvroType): ReadonlyMap<string, NamedType> {
  const named = new Map<string, NamedType>();
  const stack: AvroType[] = [type];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if ('name' in next) {
      if (named.has(next.name)) continue;
      named.set(next.name, next);
    }
    stack.push(...partsOf(next).toReversed());
  }
  return named;
}

class SchemaWriter {
  /** The types to write out, each where it comes first; others are written by name. */
  readonly #writesOut: (type: NamedType) => boolean;
  readonly #withDoc: boolean;
  readonly #written = new Set<NamedType>();

  constructor(writesOut: (type: NamedType) => boolean, doc?: 'doc') {
    this.#writesOut = writesOut;
    this.#withDoc = doc !== undefined;
  }

  /** `namespace` is the one around. */
  write(type: AvroType, namespace: string): Json {
    switch (type.kind) {
      case 'record':
      case 'enum':
      case 'fixed':
        return this.#named(type, namespace);
      case 'array':
        return { type: 'array', items: this.write(type.items, namespace), ...sorted(type.properties) };
      case 'map':
        return { type: 'map', values: this.write(type.values, namespace), ...sorted(type.properties) };
      case 'union': {
        const branches: Json[] = [];
        for (const branch of type.branches) branches.push(this.write(branch.type, namespace));
        return branches;
      }
      default: {
        const attributes = attributesOf(type);
        return Object.keys(attributes).length === 0 ? type.kind : { type: type.kind, ...attributes };
      }
    }
  }

  #named(type: NamedType, namespace: string): Json {
    if (this.#written.has(type) || !this.#writesOut(type)) return this.#reference(type.name, namespace);
    this.#written.add(type);
    const inner = namespaceOf(type.name);
    const head = {
      type: type.kind,
      name: type.name,
      // A name without dots would otherwise take the namespace around it.
      ...(inner === '' && namespace !== '' ? { namespace: '' } : {}),
      ...this.#doc(type),
      ...(type.aliases.length > 0 ? { aliases: type.aliases.map((alias) => this.#alias(alias, inner)) } : {}),
    };
    switch (type.kind) {
      case 'enum': {
        const fallback = type.default === undefined ? {} : { default: type.default };
        return { ...head, symbols: type.symbols, ...fallback, ...sorted(type.properties) };
      }
      case 'fixed':
        return { ...head, size: type.size, ...attributesOf(type) };
      case 'record': {
        const fields: Json[] = [];
        for (const field of type.fields) fields.push(this.#field(field, inner));
        return { ...head, fields, ...sorted(type.properties) };
      }
    }
  }

  #doc({ doc }: { readonly doc?: string | undefined }): JsonObject {
    return this.#withDoc && doc !== undefined ? { doc } : {};
  }

  #field(field: Field, namespace: string): Json {
    return {
      name: field.name,
      ...this.#doc(field),
      ...(field.aliases.length > 0 ? { aliases: field.aliases } : {}),
      type: this.write(field.type, namespace),
      ...(field.default === undefined ? {} : { default: field.default.json }),
      ...(field.order === undefined ? {} : { order: field.order }),
      ...sorted(field.properties),
    };
  }

  /**
   * Within a namespace, a name without dots first means one in that namespace. The leading dot that takes it out of
   * there is not in the specification's grammar, but nothing in it does; Java and avsc read it.
   */
  #reference(name: string, namespace: string): string {
    return namespace === '' || name.includes('.') ? name : `.${name}`;
  }

  #alias(alias: string, namespace: string): string {
    return namespace !== '' && !alias.includes('.') ? `.${alias}` : alias;
  }
}

/** Logical type and properties of a type. */
function attributesOf(type: PrimitiveType | FixedType): JsonObject {
  if (type.logical === undefined) return sorted(type.properties);
  return sorted({ ...logicalAttributes(type.logical), ...type.properties });
}

function sorted(properties: JsonObject | undefined): JsonObject {
  const result: { [name: string]: Json } = Object.create(null);
  for (const name of Object.keys(properties ?? {}).sort()) result[name] = properties?.[name] ?? null;
  return result;
}
