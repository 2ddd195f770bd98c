import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { globSync } from 'tinyglobby';
import { findPackageJson, readPackageJson } from '../config/import-extension.ts';
import { isObject } from '../config/shape.ts';
import { findTsConfig } from '../config/tsconfig.ts';

/** What `init` finds out about a project before it writes anything. */
export interface Project {
  /** The folder `init` runs in, absolute. */
  readonly root: string;
  /** The text of its package.json, undefined where there is none. */
  readonly packageJson: string | undefined;
  /** A package.json in a folder above, where there is none here. */
  readonly packageAbove: string | undefined;
  readonly isModule: boolean;
  readonly scripts: { readonly [name: string]: unknown };
  /** Packages it depends on, for whatever purpose. */
  readonly packages: ReadonlySet<string>;
  readonly manager: PackageManager;
  readonly hasTsConfig: boolean;
  /** True where Node takes `.ts` files for CommonJS, which they are not, and nothing compiles them before. */
  readonly needsModuleType: boolean;
  /** True where it has JavaScript or TypeScript of its own. */
  readonly hasSources: boolean;
  /** The folder that holds `.git`; `root` where there is none. */
  readonly repository: string;
  /** `root` as seen from the repository: empty, or `packages/orders`. */
  readonly folder: string;
}

export interface PackageManager {
  readonly name: 'npm' | 'pnpm' | 'yarn' | 'bun';
  readonly add: string;
  readonly addDev: string;
  readonly run: string;
  /** Installs what the lockfile says, in CI. */
  readonly install: string;
  /** Runs a package's command. */
  readonly execute: string;
  /** The GitHub action that brings it, where it does not come with Node. */
  readonly setup?: string | undefined;
}

const NPM: PackageManager = {
  name: 'npm',
  add: 'npm install',
  addDev: 'npm install --save-dev',
  run: 'npm run',
  install: 'npm ci',
  execute: 'npx',
};
const MANAGERS: readonly { readonly lockfiles: readonly string[]; readonly manager: PackageManager }[] = [
  {
    lockfiles: ['pnpm-lock.yaml'],
    manager: {
      name: 'pnpm',
      add: 'pnpm add',
      addDev: 'pnpm add --save-dev',
      run: 'pnpm',
      install: 'pnpm install --frozen-lockfile',
      execute: 'pnpm exec',
      setup: 'pnpm/action-setup@v4',
    },
  },
  {
    lockfiles: ['yarn.lock'],
    manager: {
      name: 'yarn',
      add: 'yarn add',
      addDev: 'yarn add --dev',
      run: 'yarn',
      install: 'yarn install --immutable',
      execute: 'yarn',
    },
  },
  {
    lockfiles: ['bun.lock', 'bun.lockb'],
    manager: {
      name: 'bun',
      add: 'bun add',
      addDev: 'bun add --dev',
      run: 'bun run',
      install: 'bun install --frozen-lockfile',
      execute: 'npx',
      setup: 'oven-sh/setup-bun@v2',
    },
  },
];

/** What makes CommonJS, or a bundle, of TypeScript without a tsconfig. */
const COMPILERS: readonly string[] = (
  'esbuild vite rolldown rollup webpack parcel tsup tsdown tsx ts-node jest ts-jest vitest ' +
  '@swc/core @swc/jest @babel/core'
).split(' ');

export function readProject(root: string): Project {
  const path = join(root, 'package.json');
  const packageJson = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  const content = packageJson === undefined ? {} : readPackageJson(path);
  const repository = findUpwards(root, ['.git']) ?? root;
  const hasTsConfig = findTsConfig(root) !== undefined;
  const packages = new Set(
    [content['dependencies'], content['devDependencies'], content['peerDependencies']].flatMap((each) =>
      isObject(each) ? Object.keys(each) : [],
    ),
  );
  const above = packageJson === undefined ? findPackageJson(dirname(root)) : undefined;
  return {
    root,
    packageJson,
    packageAbove: above !== undefined && isInside(repository, above) ? above : undefined,
    isModule: packageJson === undefined || content['type'] === 'module',
    scripts: isObject(content['scripts']) ? content['scripts'] : {},
    packages,
    manager: managerOf(root, content['packageManager']),
    hasTsConfig,
    needsModuleType: content['type'] === 'commonjs' && !hasTsConfig && !COMPILERS.some((name) => packages.has(name)),
    hasSources: findIn(root, '**/*.{js,cjs,ts,cts}').length > 0,
    repository,
    folder: relative(repository, root).replaceAll('\\', '/'),
  };
}

/** Files of the project's own, neither installed nor built. */
export function findIn(root: string, pattern: string): readonly string[] {
  return globSync(pattern, { cwd: root, ignore: ['**/node_modules/**', '**/{dist,build,target}/**'] });
}

function managerOf(root: string, declared: unknown): PackageManager {
  const name = typeof declared === 'string' ? declared.split('@')[0] : undefined;
  const byName = MANAGERS.find(({ manager }) => manager.name === name);
  if (byName !== undefined) return byName.manager;
  const byLockfile = MANAGERS.find(({ lockfiles }) => findUpwards(root, lockfiles) !== undefined);
  return byLockfile?.manager ?? NPM;
}

/** The nearest folder that holds one of these, upwards, but not beyond the repository. */
function findUpwards(from: string, names: readonly string[]): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (names.some((name) => existsSync(join(folder, name)))) return folder;
    if (existsSync(join(folder, '.git')) || dirname(folder) === folder) return undefined;
  }
}

function isInside(folder: string, path: string): boolean {
  return path.startsWith(join(folder, '/'));
}
