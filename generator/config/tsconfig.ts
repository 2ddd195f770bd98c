import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parseJsonc } from './jsonc.ts';
import { isObject } from './shape.ts';

/** The part of a tsconfig that decides how files import each other, `extends` followed. */
export interface TsConfig {
  /** Absolute. */
  readonly path: string;
  /** Compiler options by name; those nearer win. */
  readonly options: { readonly [name: string]: unknown };
  /** Absolute paths of the projects a solution consists of. */
  readonly references: readonly string[];
  /** True where it compiles nothing itself: `"files": []`. */
  readonly empty: boolean;
}

/** The tsconfig.json nearest to a folder, upwards; undefined where there is none. */
export function findTsConfig(folder: string): string | undefined {
  for (let each = resolve(folder); ; each = dirname(each)) {
    const path = join(each, 'tsconfig.json');
    if (isFile(path)) return path;
    if (dirname(each) === each) return undefined;
  }
}

/** Reads a tsconfig. What is missing or broken counts as empty: the compiler is the one to complain about it. */
export function readTsConfig(path: string): TsConfig {
  return read(path, new Set());
}

function read(path: string, seen: Set<string>): TsConfig {
  const nothing = { path, options: {}, references: [], empty: false };
  if (seen.has(path)) return nothing;
  const content = parse(path);
  if (!isObject(content)) return nothing;
  const bases = list(content['extends']).flatMap((base) => {
    const found = resolveBase(base, path);
    return found === undefined ? [] : [read(found, new Set([...seen, path]))];
  });
  const own = isObject(content['compilerOptions']) ? content['compilerOptions'] : {};
  const references = Array.isArray(content['references']) ? content['references'] : [];
  return {
    path,
    options: Object.assign({}, ...bases.map(({ options }) => options), own),
    references: references.flatMap((reference: unknown) => {
      if (!isObject(reference) || typeof reference['path'] !== 'string') return [];
      const target = resolve(dirname(path), reference['path']);
      return [target.endsWith('.json') ? target : join(target, 'tsconfig.json')];
    }),
    empty: Array.isArray(content['files']) && content['files'].length === 0 && content['include'] === undefined,
  };
}

function parse(path: string): unknown {
  try {
    return parseJsonc(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function list(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string');
}

/** A path, or a module of a package: `@tsconfig/node24/tsconfig.json`, `@tsconfig/node24`. */
function resolveBase(base: string, from: string): string | undefined {
  if (isAbsolute(base) || /^\.{1,2}([/\\]|$)/.test(base)) {
    const path = resolve(dirname(from), base);
    return [path, `${path}.json`, join(path, 'tsconfig.json')].find(isFile);
  }
  const require = createRequire(from);
  for (const specifier of [base, `${base}.json`, `${base}/tsconfig.json`]) {
    try {
      const found = require.resolve(specifier);
      if (found.endsWith('.json')) return found;
    } catch {
      // Packages may export none of these names: then the folders are looked at.
    }
  }
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', base);
    const found = [path, `${path}.json`, join(path, 'tsconfig.json')].find(isFile);
    if (found !== undefined || dirname(folder) === folder) return found;
  }
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
