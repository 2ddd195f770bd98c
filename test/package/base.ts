import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, runProcess } from './processes.ts';
import { packBoth, removeTemporaryFolders, temporaryFolder } from './tarballs.ts';

/** What users have beside kgen. Exact, so that only changes of this repository change what is tested. */
export const TOOLS: { readonly [name: string]: string } = {
  typescript: '7.0.2',
  'typescript-5.8': 'npm:typescript@5.8.3',
  '@types/node': '24.19.2',
  '@types/jest': '30.0.0',
  '@swc/core': '1.16.22',
  '@swc/jest': '0.2.39',
  esbuild: '0.28.2',
  jest: '30.5.2',
  vitest: '5.1.1',
};

/** The lowest Node that package.json claims, as npm packages it for this machine. */
const LOWEST_NODE = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const LOWEST_VERSION = '22.18.0';
const HAS_LOWEST = /^node-(linux-(x64|arm64)|darwin-(x64|arm64)|win-x64)$/.test(LOWEST_NODE);

/** Packages of npm, packed and installed once: what projects of the tests share. */
export interface Base {
  /** `file:` specifiers of the tarballs. */
  readonly packages: { readonly kgen: string; readonly '@kgen/runtime': string };
  readonly modules: string;
  /** The lowest Node claimed; undefined where npm has none for this machine. */
  readonly lowestNode: string | undefined;
}

/** What the registry says where it cannot be reached: a machine without a network is no defect. */
const UNREACHABLE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/;

/** Packs and installs. Where the registry cannot be reached: the reason. With `CI=true` that is an error. */
export async function prepareBase(): Promise<Base | { readonly unreachable: string }> {
  const { kgen, runtime } = await packBoth();
  const packages = { kgen: `file:${kgen}`, '@kgen/runtime': `file:${runtime}` };
  const folder = temporaryFolder('base');
  const lowest = HAS_LOWEST ? { [LOWEST_NODE]: LOWEST_VERSION } : {};
  const content = { private: true, dependencies: { ...packages, ...TOOLS, ...lowest } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(content));
  const { code, stdout, stderr } = await runProcess('npm', [...INSTALL], { cwd: folder });
  if (code !== 0) {
    const unreachable = UNREACHABLE.exec(stdout + stderr)?.[0];
    removeTemporaryFolders();
    if (unreachable === undefined || process.env['CI'] === 'true') throw new Error(`npm install:\n${stdout}${stderr}`);
    const reason = `the npm registry cannot be reached (${unreachable})`;
    console.warn(`Skipped: ${reason}`);
    return { unreachable: reason };
  }
  const lowestNode = join(folder, 'node_modules', LOWEST_NODE, 'bin', 'node');
  return {
    packages,
    modules: join(folder, 'node_modules'),
    lowestNode: existsSync(lowestNode) ? lowestNode : undefined,
  };
}

const INSTALL: readonly string[] = [
  'install',
  '--prefer-offline',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  // With CI=true what cannot be fetched is an error, else it is skipped soon.
  `--fetch-retries=${process.env['CI'] === 'true' ? 5 : 1}`,
  '--fetch-retry-mintimeout=500',
  '--fetch-retry-maxtimeout=5000',
];

/** A real `npm install` of some of the tools and both packages into a project that has a package.json. */
export async function install({ packages }: Base, root: string, tools: readonly string[]): Promise<void> {
  const path = join(root, 'package.json');
  const content = JSON.parse(readFileSync(path, 'utf8'));
  const { kgen, '@kgen/runtime': runtime } = packages;
  content.dependencies = { ...content.dependencies, '@kgen/runtime': runtime };
  content.devDependencies = {
    ...content.devDependencies,
    kgen,
    ...Object.fromEntries(tools.map((name) => [name, TOOLS[name]])),
  };
  writeFileSync(path, JSON.stringify(content, null, 2));
  await mustRun('npm', [...INSTALL], { cwd: root });
}
