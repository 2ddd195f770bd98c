import fc from 'fast-check';

/** Random schemas as JSON that any Avro implementation reads. Names are given when the tree is built, so they are unique. */
export interface SchemaOptions {
  /** How deep types nest. Default 4. */
  readonly depth?: number | undefined;
  /** Whether logical types appear. Default true. */
  readonly logical?: boolean | undefined;
  /** Whether namespaces appear. Default true. */
  readonly namespaces?: boolean | undefined;
}

export type SchemaJson = string | readonly SchemaJson[] | { readonly [name: string]: unknown };

type Node =
  | { readonly node: 'primitive'; readonly name: string }
  | { readonly node: 'logical'; readonly schema: { readonly [name: string]: unknown } }
  | { readonly node: 'array' | 'map'; readonly inner: Node }
  | { readonly node: 'record'; readonly fields: readonly Node[]; readonly namespace: string | undefined }
  | { readonly node: 'enum'; readonly size: number; readonly namespace: string | undefined }
  | {
      readonly node: 'fixed';
      readonly size: number;
      readonly logical: 'decimal' | 'own' | undefined;
      readonly namespace: string | undefined;
    }
  | { readonly node: 'union'; readonly branches: readonly Node[] }
  | { readonly node: 'reference'; readonly pick: number };

const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];
const LOGICAL: readonly { readonly [name: string]: unknown }[] = [
  { type: 'int', logicalType: 'date' },
  { type: 'int', logicalType: 'time-millis' },
  { type: 'long', logicalType: 'time-micros' },
  { type: 'long', logicalType: 'timestamp-millis' },
  { type: 'long', logicalType: 'timestamp-micros' },
  { type: 'long', logicalType: 'timestamp-nanos' },
  { type: 'long', logicalType: 'local-timestamp-millis' },
  { type: 'long', logicalType: 'local-timestamp-micros' },
  { type: 'long', logicalType: 'local-timestamp-nanos' },
  { type: 'string', logicalType: 'uuid' },
  { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 },
  { type: 'bytes', logicalType: 'decimal', precision: 38, scale: 0 },
];
const NAMESPACES = [undefined, undefined, undefined, '', 'a', 'a.b', 'com.example.Deep_1'];

/** A schema of any kind. */
export function anySchema(options: SchemaOptions = {}): fc.Arbitrary<SchemaJson> {
  return nodes(options).any.map((node) => new Builder().build(node, false));
}

/** A schema whose root is a record. */
export function recordSchema(options: SchemaOptions = {}): fc.Arbitrary<{ readonly [name: string]: unknown }> {
  return nodes(options).record.map((node) => new Builder().build(node, false) as { readonly [name: string]: unknown });
}

function nodes(options: SchemaOptions): { any: fc.Arbitrary<Node>; record: fc.Arbitrary<Node> } {
  const { depth = 4, logical = true, namespaces = true } = options;
  const namespace = namespaces ? fc.constantFrom(...NAMESPACES) : fc.constant(undefined);
  return fc.letrec<{ any: Node; record: Node }>((tie) => ({
    any: fc.oneof(
      { maxDepth: depth, depthIdentifier: 'schema', withCrossShrink: true },
      { weight: 4, arbitrary: fc.constantFrom(...PRIMITIVES).map((name) => ({ node: 'primitive' as const, name })) },
      {
        weight: logical ? 2 : 0,
        arbitrary: fc.constantFrom(...LOGICAL).map((schema) => ({ node: 'logical' as const, schema })),
      },
      { weight: 1, arbitrary: fc.nat(20).map((pick) => ({ node: 'reference' as const, pick })) },
      {
        weight: 1,
        arbitrary: fc.record({ node: fc.constant('enum' as const), size: fc.integer({ min: 1, max: 5 }), namespace }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          node: fc.constant('fixed' as const),
          size: fc.constantFrom(0, 1, 4, 12, 16),
          logical: logical ? fc.constantFrom('decimal' as const, 'own' as const, undefined) : fc.constant(undefined),
          namespace,
        }),
      },
      { weight: 2, arbitrary: tie('any').map((inner) => ({ node: 'array' as const, inner })) },
      { weight: 1, arbitrary: tie('any').map((inner) => ({ node: 'map' as const, inner })) },
      {
        weight: 3,
        arbitrary: fc
          .array(tie('any'), { minLength: 1, maxLength: 4 })
          .map((branches) => ({ node: 'union' as const, branches })),
      },
      { weight: 4, arbitrary: tie('record') },
    ),
    record: fc.record({
      node: fc.constant('record' as const),
      fields: fc.array(tie('any'), { maxLength: 5 }),
      namespace,
    }),
  }));
}

interface Named {
  readonly fullName: string;
  readonly namespace: string;
}

class Builder {
  #count = 0;
  /** Records around the place being built: to be referred to only where values can end. */
  readonly #open: Named[] = [];
  readonly #done: Named[] = [];

  /** `guarded`: inside an array, a map, or a union that will have null. */
  build(node: Node, guarded: boolean): SchemaJson {
    switch (node.node) {
      case 'primitive':
        return node.name;
      case 'logical':
        return node.schema;
      case 'array':
        return { type: 'array', items: this.build(node.inner, true) };
      case 'map':
        return { type: 'map', values: this.build(node.inner, true) };
      case 'union':
        return this.#union(node.branches);
      case 'reference': {
        const known = guarded ? [...this.#open, ...this.#done] : this.#done;
        const named = known[node.pick % Math.max(1, known.length)];
        return named === undefined ? 'int' : this.#reference(named);
      }
      case 'enum': {
        const { head, named } = this.#head('enum', 'E', node.namespace);
        this.#done.push(named);
        return { ...head, symbols: Array.from({ length: node.size }, (_, index) => `S${index}`) };
      }
      case 'fixed': {
        const { head, named } = this.#head('fixed', 'F', node.namespace);
        this.#done.push(named);
        return { ...head, size: node.size, ...fixedLogical(node.size, node.logical) };
      }
      case 'record': {
        const { head, named } = this.#head('record', 'R', node.namespace);
        this.#open.push(named);
        const fields = node.fields.map((field, index) => ({ name: `f${index}`, type: this.build(field, false) }));
        this.#open.pop();
        this.#done.push(named);
        return { ...head, fields };
      }
    }
  }

  #union(nodes: readonly Node[]): SchemaJson {
    const branches = new Map<string, SchemaJson>();
    const known = new Set(this.#open.map(({ fullName }) => fullName));
    let recursive = false;
    for (const node of nodes) {
      if (node.node === 'union') continue;
      const defined = this.#done.length;
      const branch = this.build(node, true);
      const name = this.#branchName(branch);
      // What is defined inside a branch that is left out cannot be referred to later.
      if (branches.has(name)) this.#done.length = defined;
      else branches.set(name, branch);
      recursive ||= known.has(name);
    }
    if (recursive && !branches.has('null')) return ['null', ...branches.values()];
    return branches.size === 0 ? ['null'] : [...branches.values()];
  }

  #branchName(branch: SchemaJson): string {
    if (typeof branch === 'string') return branch.includes('.') ? branch : (this.#fullNameOf(branch) ?? branch);
    if (Array.isArray(branch)) return 'union';
    const object = branch as { readonly [name: string]: unknown };
    const named = this.#done.find(({ fullName }) => fullName.endsWith(`${String(object['name'])}`));
    return object['name'] === undefined ? String(object['type']) : (named?.fullName ?? String(object['name']));
  }

  /** Simple names are unique, so one without dots says which type is meant. */
  #fullNameOf(simple: string): string | undefined {
    return [...this.#open, ...this.#done].find(({ fullName }) => fullName.split('.').at(-1) === simple)?.fullName;
  }

  #head(type: string, prefix: string, given: string | undefined): { head: { [name: string]: unknown }; named: Named } {
    const simple = `${prefix}${this.#count++}`;
    const namespace = given ?? this.#open.at(-1)?.namespace ?? '';
    const fullName = namespace === '' ? simple : `${namespace}.${simple}`;
    const head = { type, name: simple, ...(given === undefined ? {} : { namespace: given }) };
    return { head, named: { fullName, namespace } };
  }

  /** By full name; those without a namespace are found from anywhere, since simple names are unique. */
  #reference({ fullName }: Named): string {
    return fullName;
  }
}

/** What fits a fixed of this size. */
function fixedLogical(size: number, logical: 'decimal' | 'own' | undefined): { readonly [name: string]: unknown } {
  if (logical === 'decimal' && size >= 4) return { logicalType: 'decimal', precision: 9, scale: 3 };
  if (logical === 'own' && size === 12) return { logicalType: 'duration' };
  return logical === 'own' && size === 16 ? { logicalType: 'uuid' } : {};
}
