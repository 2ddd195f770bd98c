import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Config } from './config.ts';
import { isObject } from './shape.ts';
import { findTsConfig, readTsConfig, type TsConfig } from './tsconfig.ts';

export interface ImportExtension {
  readonly extension: '.ts' | '.js' | '';
  /** Why, as a phrase: "tsconfig.json sets allowImportingTsExtensions". */
  readonly reason: string;
}

/** What relative imports of generated files end in. */
export function chooseImportExtension(config: Pick<Config, 'importExtension' | 'out'>, root: string): ImportExtension {
  const { importExtension = 'auto' } = config;
  if (importExtension !== 'auto') {
    return { extension: importExtension === 'none' ? '' : importExtension, reason: 'the config says so' };
  }
  return detectImportExtension(resolve(root, config.out), root);
}

/** What `auto` means for code in a folder, which need not exist yet. Paths in the reason are relative to `root`. */
export function detectImportExtension(out: string, root: string): ImportExtension {
  const path = findTsConfig(out);
  if (path === undefined) {
    return { extension: '.ts', reason: 'there is no tsconfig.json, and Node imports files by their whole names' };
  }
  const name = relative(root, path).replaceAll('\\', '/');
  for (const tsconfig of [readTsConfig(path), ...projectsOf(path)]) {
    const flag = ['allowImportingTsExtensions', 'rewriteRelativeImportExtensions'].find(
      (option) => tsconfig.options[option] === true,
    );
    if (flag !== undefined) {
      return { extension: '.ts', reason: `${relative(root, tsconfig.path).replaceAll('\\', '/')} sets ${flag}` };
    }
  }
  if (usesJestWithCommonJs(out)) return { extension: '', reason: 'Jest loads this CommonJS package' };
  return { extension: '.js', reason: `${name} does not allow imports that end in .ts` };
}

/** The projects of a solution: a tsconfig that only refers to others. */
function projectsOf(path: string): readonly TsConfig[] {
  const { empty, references } = readTsConfig(path);
  return empty ? references.map(readTsConfig) : [];
}

function usesJestWithCommonJs(folder: string): boolean {
  const path = findPackageJson(folder);
  if (path === undefined) return false;
  const content = readPackageJson(path);
  if (content['type'] === 'module') return false;
  const packages = [content['dependencies'], content['devDependencies']];
  return (
    content['jest'] !== undefined ||
    packages.some((each) => isObject(each) && ('jest' in each || 'ts-jest' in each)) ||
    readdirSync(dirname(path)).some((name) => /^jest\.config\.[cm]?[jt]s(on)?$/.test(name))
  );
}

/** The package.json nearest to a folder, upwards. */
export function findPackageJson(folder: string): string | undefined {
  for (let each = resolve(folder); ; each = dirname(each)) {
    const path = join(each, 'package.json');
    if (existsSync(path)) return path;
    if (dirname(each) === each) return undefined;
  }
}

export function readPackageJson(path: string): { readonly [key: string]: unknown } {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
    return isObject(content) ? content : {};
  } catch {
    return {};
  }
}
