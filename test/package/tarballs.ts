import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from './processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const SOURCES = [
  'package.json',
  'build.ts',
  'tsconfig.json',
  'tsconfig.build.json',
  'LICENSE',
  'README.md',
  'bin',
  'generator',
  'templates',
  'runtime',
];

export interface Tarballs {
  readonly kgen: string;
  readonly runtime: string;
}

/**
 * Builds and packs both packages as a release would, from a copy of the sources: what lies in `dist` here,
 * or is being built there at this moment, has no part in it.
 */
export async function packBoth(): Promise<Tarballs> {
  const stage = temporaryFolder('pack');
  for (const name of SOURCES) {
    const from = join(ROOT, name);
    if (existsSync(from))
      cpSync(from, join(stage, name), { recursive: true, filter: (path) => !/[/\\](dist|node_modules)$/.test(path) });
  }
  linkModules(stage);
  const { stdout } = await mustRun(
    'npm',
    ['pack', '--json', '--workspace', 'runtime', '--include-workspace-root', '--pack-destination', stage],
    { cwd: stage },
  );
  const packed: readonly { readonly name: string; readonly filename: string }[] = Object.values(
    JSON.parse(stdout.slice(stdout.search(/^[[{]/m))),
  );
  const path = (name: string): string => {
    const found = packed.find((each) => each.name === name);
    if (found === undefined) throw new Error(`npm pack gave no ${name}: ${stdout}`);
    return join(stage, found.filename.replace('@', '').replace('/', '-'));
  };
  return { kgen: path('kgen'), runtime: path('@kgen/runtime') };
}

/** The dependencies installed here, but `@kgen/runtime`, which is the copy's own. */
function linkModules(stage: string): void {
  const modules = join(stage, 'node_modules');
  mkdirSync(join(modules, '@kgen'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!['@kgen', 'kgen', '.bin', '.cache'].includes(name) && !name.startsWith('.')) {
      symlinkSync(realpathSync(join(ROOT, 'node_modules', name)), join(modules, name), 'junction');
    }
  }
  symlinkSync(join(stage, 'runtime'), join(modules, '@kgen/runtime'), 'junction');
}

const folders: string[] = [];

export function temporaryFolder(purpose: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `kgen-${purpose}-`)));
  folders.push(folder);
  return folder;
}

/** To be called when all tests of a file are done. */
export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** The files in a tarball, unpacked into a folder that is returned. */
export async function unpack(tarball: string): Promise<string> {
  const folder = temporaryFolder('unpacked');
  await mustRun('tar', ['-xzf', tarball, '-C', folder], { cwd: folder });
  return join(folder, 'package');
}
