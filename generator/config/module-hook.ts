import { existsSync, readFileSync, statSync } from 'node:fs';
import { type LoadHookSync, type ResolveFnOutput, type ResolveHookSync, registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** What TypeScript lets an import say, and the sources that may stand behind it. */
const SOURCES: { readonly [extension: string]: readonly string[] } = {
  '.js': ['.ts', '.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};
const GUESSES = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.mts', '/index.js'];

const NOT_FOUND = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNSUPPORTED_DIR_IMPORT']);
const VERSION = 'kgen-version';

export interface HookOptions {
  /** Called with the path of each file of the user's own that is loaded. */
  readonly onLoad?: ((path: string) => void) | undefined;
}

/**
 * Lets Node import a project's own modules as its compiler sees them: `.js` and extensionless imports find `.ts` files,
 * a file with `import` or `export` is a module whatever the package's `type` says, and `kgen` itself is found
 * where it runs by `npx` without being installed. Packages in `node_modules` load as ever. Returns a function that ends it.
 */
export function registerModuleHook(options: HookOptions = {}): () => void {
  const resolve: ResolveHookSync = (specifier, context, nextResolve) => {
    const version = versionOf(context.parentURL);
    const resolved = resolveSource(specifier, context, nextResolve);
    return version !== undefined && isOwn(resolved.url)
      ? { ...resolved, url: versioned(resolved.url, version) }
      : resolved;
  };
  const load: LoadHookSync = (url, context, nextLoad) => {
    if (!isOwn(url)) return nextLoad(url, context);
    const path = fileURLToPath(url);
    options.onLoad?.(path);
    if (!/\.[jt]s$/.test(path) || !hasModuleSyntax(readFileSync(path, 'utf8'))) return nextLoad(url, context);
    return nextLoad(url, { ...context, format: path.endsWith('.ts') ? 'module-typescript' : 'module' });
  };
  const hooks = registerHooks({ resolve, load });
  return () => hooks.deregister();
}

/** The URL under which a file, and each file of the project it imports, is evaluated anew. */
export function versioned(url: string, version: string): string {
  const result = new URL(url);
  result.searchParams.set(VERSION, version);
  return result.href;
}

function versionOf(url: string | undefined): string | undefined {
  if (url === undefined || !url.includes(VERSION)) return undefined;
  return new URL(url).searchParams.get(VERSION) ?? undefined;
}

function resolveSource(
  specifier: string,
  context: Parameters<ResolveHookSync>[1],
  nextResolve: Parameters<ResolveHookSync>[2],
): ResolveFnOutput {
  try {
    return nextResolve(specifier, context);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (specifier === 'kgen') return nextResolve(specifier, { ...context, parentURL: import.meta.url });
    const source = findSource(specifier, context.parentURL);
    if (source === undefined) throw error;
    return nextResolve(source, context);
  }
}

function findSource(specifier: string, parent: string | undefined): string | undefined {
  if (!/^(\.{1,2}(\/|$)|\/|file:)/.test(specifier) || parent?.startsWith('file:') === false) return undefined;
  const path = fileURLToPath(new URL(specifier, parent ?? pathToFileURL(`${process.cwd()}/`)));
  const extension = /\.[mc]?js$/.exec(path)?.[0];
  const candidates =
    extension === undefined
      ? GUESSES.map((end) => path.replace(/[/\\]$/, '') + end)
      : (SOURCES[extension] ?? []).map((end) => path.slice(0, -extension.length) + end);
  const found = candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
  return found === undefined ? undefined : pathToFileURL(found).href;
}

/** A file of the project, not of a package it installed. */
function isOwn(url: string): boolean {
  return url.startsWith('file:') && !url.includes('/node_modules/');
}

/** A line that starts with `import` or `export`: enough for files that people write, and cheap. */
function hasModuleSyntax(source: string): boolean {
  return /^\s*(import\b(?!\s*[.(])|export\b)/m.test(source);
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NOT_FOUND.has(String(error.code));
}
