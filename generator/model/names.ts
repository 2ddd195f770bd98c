import { createHash } from 'node:crypto';
import { namespaceOf, simpleName } from '@kgen/runtime/schema';

/** What is to be named. */
export interface Nameable {
  /** Avro full name; of an unnamed schema, its file's base name, which may be any text. */
  readonly fullName: string;
  readonly named: boolean;
}

export interface TypeNames {
  readonly identifier: string;
  /** Relative to `out`. */
  readonly path: string;
}

/**
 * Names of all types. A type's identifier depends on its own namespace only, so that types elsewhere never rename it;
 * its path depends on what other paths clash with it.
 */
export function nameTypes(types: readonly Nameable[]): readonly TypeNames[] {
  const identifiers = distinct(types, (type, suffix) => ({ scope: scopeOf(type), name: identifierOf(type, suffix) }));
  const paths = distinct(types, (type, suffix) => ({ scope: '', name: pathOf(type, suffix) }));
  return types.map((_, i) => ({ identifier: identifiers[i] ?? '', path: paths[i] ?? '' }));
}

/** Words that cannot name an interface and a const in a module: reserved by the language, or with a meaning of their own. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'break case catch class const continue debugger default delete do else enum export extends false finally for function if ' +
    'import in instanceof new null return super switch this throw true try typeof var void while with ' +
    'implements interface let package private protected public static yield await async of as type ' +
    'any unknown never string number boolean bigint symbol object undefined eval arguments globalThis ' +
    'NaN Infinity exports require module __esModule __filename __dirname then'
  ).split(' '),
);

/** Globals, and types of the runtime, that generated code means when it says so. */
const GLOBALS: ReadonlySet<string> = new Set(
  (
    'Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean Buffer DataView Date Error Exclude Extract Function ' +
    'Iterable Iterator JSON Map Math Number Object Omit Partial Pick Promise Proxy RangeError Readonly ReadonlyArray ' +
    'ReadonlyMap Record RegExp Required Set String Symbol SyntaxError TextDecoder TextEncoder TypeError Uint8Array ' +
    'WeakMap WeakSet Reader Writer Codec RecordCodec EnumCodec'
  ).split(' '),
);

/** True for a name that a generated module cannot export as it is. */
export function isTaken(name: string): boolean {
  return RESERVED.has(name) || GLOBALS.has(name);
}

function scopeOf({ fullName, named }: Nameable): string {
  return named ? namespaceOf(fullName) : '';
}

function identifierOf({ fullName, named }: Nameable, suffix: string): string {
  const natural = named ? simpleName(fullName) : pascalCase(fullName);
  const free = isTaken(natural) ? `${natural}_` : natural;
  // A name that was changed gives way to one that was not.
  return suffix === '' ? free : `${natural}_${suffix}`;
}

/** A valid identifier from any text: `order-events` is `OrderEvents`. */
function pascalCase(text: string): string {
  const words = text.match(/[A-Za-z0-9]+/g) ?? [];
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return joined === '' ? 'Schema' : /^[0-9]/.test(joined) ? `_${joined}` : joined;
}

const MAX_SEGMENT = 80;
/** Leaves room, below the 260 characters of Windows, for the folder of the project. */
const MAX_PATH = 180;
/** Names that Windows keeps for devices, whatever follows the dot (Microsoft, "Naming Files, Paths, and Namespaces"). */
const DEVICE = /^(?:con|prn|aux|nul|conin|conout|clock|com[0-9]|lpt[0-9])$/;

export function isDevice(name: string): boolean {
  return DEVICE.test(name);
}

function pathOf({ fullName, named }: Nameable, suffix: string): string {
  const folders = named ? namespaceOf(fullName).split('.').filter(Boolean) : [];
  const natural = kebabCase(named ? simpleName(fullName) : fullName);
  const file = segment(natural, fullName, suffix);
  const path = ['types', ...folders.map((folder) => segment(kebabCase(folder), folder, '')), `${file}.ts`].join('/');
  if (path.length <= MAX_PATH) return path;
  return `types/${segment(natural.slice(0, MAX_SEGMENT / 2), fullName, suffix || hashOf(fullName, FIRST_HASH))}.ts`;
}

/** One name in a path, with a suffix where it needs one. */
function segment(name: string, origin: string, suffix: string): string {
  const tooLong = name.length > MAX_SEGMENT;
  const special = isDevice(name) || name === 'index' || name === '';
  const own = suffix === '' && (tooLong || special) ? hashOf(origin, FIRST_HASH) : suffix;
  const short = tooLong ? name.slice(0, MAX_SEGMENT / 2) : name;
  return own === '' ? short : `${short || 'schema'}-${own}`;
}

/** `DelayCause` is `delay-cause`, `HTTPRequest` is `http-request`, `order_item` is `order-item`. */
function kebabCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase();
}

const FIRST_HASH = 8;
const HASHES = [0, FIRST_HASH, 16, 64] as const;

function hashOf(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/**
 * A name for each, distinct in its scope. Those that clash get a hash of their full names, which depends on nothing else:
 * not on the order of files, nor on which of them came first. A clash with a name that someone made like a hash gets a longer one.
 */
function distinct(
  types: readonly Nameable[],
  nameOf: (type: Nameable, suffix: string) => { readonly scope: string; readonly name: string },
): readonly string[] {
  const lengths = types.map(() => 0);
  for (;;) {
    const names = types.map((type, i) => {
      const length = HASHES[lengths[i] ?? 0] ?? 0;
      return nameOf(type, length === 0 ? '' : hashOf(type.fullName, length));
    });
    const clashing = clashes(names, types);
    if (clashing.length === 0) return names.map(({ name }) => name);
    let moved = false;
    for (const i of clashing) {
      const length = lengths[i] ?? 0;
      if (length + 1 >= HASHES.length) continue;
      lengths[i] = length + 1;
      moved = true;
    }
    if (!moved) throw new Error(`Names clash whatever is done: ${clashing.map((i) => types[i]?.fullName).join(', ')}`);
  }
}

/** The types whose names have to change. Where one of them bears the very name it was given, it keeps it. */
function clashes(
  names: readonly { readonly scope: string; readonly name: string }[],
  types: readonly Nameable[],
): readonly number[] {
  const groups = new Map<string, number[]>();
  for (const [i, { scope, name }] of names.entries()) {
    const key = `${scope}/${name}`;
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  }
  return [...groups.values()].flatMap((group) => {
    if (group.length < 2) return [];
    const natural = group.filter((i) => types[i]?.named && simpleName(types[i].fullName) === names[i]?.name);
    return natural.length === 1 ? group.filter((i) => i !== natural[0]) : group;
  });
}
