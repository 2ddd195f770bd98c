import { namespaceOf } from '@kgen/runtime/schema';
import type { TypeModel } from '../../model/model.ts';
import { nameTypes } from '../../model/names.ts';
import type { OutputFile } from '../../output/output-file.ts';
import { Printer } from '../printer.ts';
import { type EmitContext, upperFirst } from './context.ts';
import { property } from './literal.ts';

const INDEX_PATH = 'index.ts';
const CODECS_PATH = 'codecs.ts';

/**
 * `index.ts`: types and codecs by simple name. Names that several namespaces share are not preferred to each other:
 * they are reached through their namespaces, which get a file each.
 */
export function emitIndex(types: readonly TypeModel[], context: EmitContext): readonly OutputFile[] {
  const shared = sharedNames(types);
  const printer = printerOf(INDEX_PATH, context);
  const taken = new Set([...types.map(({ identifier }) => identifier), 'codecs']);
  const namespaces = groupBy(
    types.filter(({ identifier }) => shared.has(identifier)),
    scopeOf,
  );
  const sortedNamespaces = [...namespaces].sort(byName);
  const paths = barrelPaths(sortedNamespaces.map(([namespace]) => namespace));
  const barrels = sortedNamespaces.map(([namespace, members], i) => ({ namespace, members, path: paths[i] ?? '' }));
  printer.body.writeLine(`export { codecs } from '${printer.specifier(CODECS_PATH)}';`);
  for (const type of sorted(types)) {
    if (!shared.has(type.identifier)) printer.body.writeLine(exportLine(type, printer));
  }
  for (const { namespace, path } of barrels) {
    printer.body.writeLine(`export * as ${aliasOf(namespace, taken)} from '${printer.specifier(path)}';`);
  }
  return [
    { path: INDEX_PATH, text: printer.print() },
    ...barrels.map(({ path, members }) => emitBarrel(path, members, context)),
  ];
}

/** `codecs.ts`: every codec by its Avro full name. */
export function emitCodecs(types: readonly TypeModel[], context: EmitContext): OutputFile {
  const printer = printerOf(CODECS_PATH, context);
  const { body } = printer;
  const entries = [...types]
    .sort((a, b) => (a.fullName < b.fullName ? -1 : 1))
    .map((type) => ({
      name: type.fullName,
      local: printer.use({ from: type.path, name: type.identifier }),
    }));
  body.writeLine('/** All codecs by the full names of their types. */');
  body.writeLine('export const codecs: {');
  for (const { name, local } of entries) body.writeLine(`  readonly ${typeProperty(name, local)};`);
  body.writeLine('} = {');
  for (const { name, local } of entries) body.writeLine(`  ${property(name, local)},`);
  body.writeLine('};');
  return { path: CODECS_PATH, text: printer.print() };
}

function typeProperty(name: string, local: string): string {
  return property(name, `typeof ${local}`).replace(/^\['__proto__'\]/, "'__proto__'");
}

function emitBarrel(path: string, members: readonly TypeModel[], context: EmitContext): OutputFile {
  const printer = printerOf(path, context);
  for (const type of sorted(members)) printer.body.writeLine(exportLine(type, printer));
  return { path, text: printer.print() };
}

function exportLine({ identifier, path }: TypeModel, printer: Printer): string {
  return `export { ${identifier} } from '${printer.specifier(path)}';`;
}

function printerOf(path: string, { source, importExtension }: EmitContext): Printer {
  return new Printer({ path, source, importExtension, declares: ['codecs'] });
}

/** Identifiers that cannot be exported as they are: of several types, or the name of something else in `index.ts`. */
function sharedNames(types: readonly TypeModel[]): ReadonlySet<string> {
  const groups = groupBy(types, ({ identifier }) => identifier);
  return new Set([...groups].filter(([name, group]) => group.length > 1 || name === 'codecs').map(([name]) => name));
}

/** An unnamed root has no namespace, whatever its file is called. */
function scopeOf({ type, fullName }: TypeModel): string {
  return 'name' in type ? namespaceOf(fullName) : '';
}

/** By the rules for types: distinct on disks that ignore case, no device of Windows, not too long. */
function barrelPaths(namespaces: readonly string[]): readonly string[] {
  // No namespace is called `no namespace`.
  const nameable = namespaces.map((each) => ({ fullName: each === '' ? 'no namespace' : each, named: false }));
  return nameTypes(nameable).map(({ path }) => path.replace(/^types\//, 'namespaces/'));
}

/** `us.bts` is `usBts`; the null namespace is `global`. */
function aliasOf(namespace: string, taken: Set<string>): string {
  const [first = '', ...rest] = namespace.split('.');
  let alias = first === '' ? 'unnamespaced' : [first, ...rest.map(upperFirst)].join('');
  if (RESERVED.has(alias)) alias += '_';
  while (taken.has(alias)) alias += '_';
  taken.add(alias);
  return alias;
}

/** Words that an export cannot be called where it is declared by `export * as`; CommonJS gives these a meaning. */
const RESERVED: ReadonlySet<string> = new Set(['default', 'then', '__esModule', '__proto__']);

function sorted(types: readonly TypeModel[]): readonly TypeModel[] {
  return [...types].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
