import { existsSync, type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import type { ConfigResult } from '../config/load.ts';
import { CONFIG_NAMES } from '../config-names.ts';
import { kindOf } from '../sources/find-files.ts';
import { configOf } from './config.ts';
import { type Console, count, plain } from './console.ts';
import { FINE } from './exit.ts';
import { fromHere } from './findings.ts';
import { type GenerateOptions, generateOnce } from './generate.ts';

/** Editors and version control write several files at once: a run waits until it has been quiet for so long. */
const QUIET_MS = 100;
/** By how much a file's time may lie behind the clock: systems take it from a coarser one. */
const CLOCK_MS = 50;
/** The most folders that are watched: systems have a limit, and nobody keeps schemas in more. */
const MOST_FOLDERS = 2_000;

/** `kgen generate --watch`: runs at once, then after each change, until it is interrupted. */
export async function watchCommand(options: GenerateOptions, console: Console): Promise<number> {
  const { colors } = console;
  const watchers = new Map<string, FSWatcher>();
  const changed = new Set<string>();
  let wake: () => void = () => {};
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    wake();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  let watched: Watched = { folders: new Set(), isSource: () => false, accepts: () => true };
  const onChange = (path: string): void => {
    if (!watched.accepts(path)) return;
    changed.add(path);
    wake();
  };

  for (let version = 1; !stopped; version++) {
    const evaluated = Date.now();
    const config = await configOf(options, version);
    const before = new Set(watchers.keys());
    // Folders may come while others are listed: they are listed until all of them are watched.
    do watched = watchedPaths(config);
    while (update(watchers, watched.folders, onChange));
    for (const path of config.loaded) {
      if (!before.has(dirname(path)) && modified(path) > evaluated - CLOCK_MS) changed.add(path);
    }
    const started = performance.now();
    await generateOnce(config, options, console);
    const took = `${Math.round(performance.now() - started)} ms`;
    const unwatched = watched.folders.size - watchers.size;
    if (watched.folders.size >= MOST_FOLDERS || unwatched > 0) {
      const reason = unwatched > 0 ? `the system refuses ${unwatched} of them` : `there are more than ${MOST_FOLDERS}`;
      console.print(
        colors.yellow(`Not all folders of schemas are watched: ${reason}. Narrow the globs of \`schemas\`.`),
      );
    }
    console.print(colors.dim(`${took}. Watching ${count(watchers.size, 'folder')}; Ctrl+C ends it.`));
    while (changed.size === 0 && !stopped) {
      await new Promise<void>((resolveWait) => {
        wake = resolveWait;
      });
    }
    if (stopped) break;
    await quiet((callback) => {
      wake = callback;
    });
    console.print(`\n${colors.bold(plain(changeText([...changed], watched, config.root)))} changed.`);
    changed.clear();
  }
  for (const watcher of watchers.values()) watcher.close();
  return FINE;
}

/** Editors write to files beside the one that is meant: these are named only where there are no others. */
function changeText(paths: readonly string[], { isSource }: Watched, root: string): string {
  const sources = paths.filter(isSource);
  const [first = '', ...more] = sources.length === 0 ? paths.slice(0, 1) : sources;
  return fromHere(first, root) + (more.length === 0 ? '' : ` and ${count(more.length, 'more file')}`);
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Resolves when nothing happened for a while. */
function quiet(onWake: (callback: () => void) => void): Promise<void> {
  return new Promise((done) => {
    let timer = setTimeout(done, QUIET_MS);
    onWake(() => {
      clearTimeout(timer);
      timer = setTimeout(done, QUIET_MS);
    });
  });
}

interface Watched {
  /** Absolute. Each is watched by itself, not what lies below it: that works the same on all systems. */
  readonly folders: ReadonlySet<string>;
  /** True for a schema, a template, the config and what it imports. */
  readonly isSource: (path: string) => boolean;
  /** True where a change is a reason to generate. */
  readonly accepts: (path: string) => boolean;
}

/** The folders of schemas, templates and the config, and which changes in them count. */
function watchedPaths(result: ConfigResult): Watched {
  const files = new Set(result.loaded);
  const folders = new Set(result.loaded.map((path) => dirname(path)));
  if ('findings' in result) {
    folders.add(result.root);
    const isSource = (path: string): boolean =>
      files.has(path) || CONFIG_NAMES.some((name) => path === join(result.root, name));
    return { folders, isSource, accepts: isSource };
  }
  const { root, config } = result;
  const out = resolve(root, config.out);
  const bases = (config.schemas ?? [])
    .filter((glob) => !glob.startsWith('!'))
    .map((glob) => resolve(root, baseOf(glob)));
  const templates = config.templates === undefined ? [] : [resolve(root, config.templates)];
  for (const base of [...bases, ...templates]) addFolders(base, out, folders);
  const isSource = (path: string): boolean =>
    files.has(path) ||
    kindOf(path) !== undefined ||
    path.endsWith(`${sep}tsconfig.json`) ||
    templates.some((folder) => path.startsWith(folder + sep));
  const accepts = (path: string): boolean => {
    if (path === out || path.startsWith(out + sep)) return false;
    return isSource(path) || bringsSchemas([...bases, ...templates], path);
  };
  return { folders, isSource, accepts };
}

/** A folder that came, went or was renamed brings schemas with it or takes them away; its name has no extension, mostly. */
function bringsSchemas(bases: readonly string[], path: string): boolean {
  return bases.some(
    (base) => base === path || base.startsWith(path + sep) || (path.startsWith(base + sep) && !/\.\w+$/.test(path)),
  );
}

/** The part of a glob before its first pattern: `schemas` of `schemas/**\/*.avsc`. */
function baseOf(glob: string): string {
  const parts = glob.split('/');
  const first = parts.findIndex((part) => /[*?{}[\]()!+@]/.test(part));
  return (first === -1 ? parts.slice(0, -1) : parts.slice(0, first)).join('/') || '.';
}

/** A folder and all below it. Where it does not exist, the nearest above it that does: it may come. */
function addFolders(folder: string, out: string, into: Set<string>): void {
  if (folder === out || into.size >= MOST_FOLDERS) return;
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    into.add(folder);
    for (const entry of entries) {
      if (!entry.isDirectory() || entry.name === 'node_modules' || entry.name.startsWith('.')) continue;
      addFolders(join(folder, entry.name), out, into);
    }
  } catch {
    let above = dirname(folder);
    while (!existsSync(above)) above = dirname(above);
    into.add(above);
  }
}

/** Watches these folders and no others. True where one is watched now that was not before. */
function update(
  watchers: Map<string, FSWatcher>,
  folders: ReadonlySet<string>,
  onChange: (path: string) => void,
): boolean {
  for (const [folder, watcher] of watchers) {
    if (folders.has(folder)) continue;
    watcher.close();
    watchers.delete(folder);
  }
  let added = false;
  for (const folder of folders) {
    if (watchers.has(folder)) continue;
    try {
      const watcher = watch(folder, (_, name) => onChange(name === null ? folder : join(folder, name)));
      watcher.on('error', () => {
        watcher.close();
        watchers.delete(folder);
      });
      watchers.set(folder, watcher);
      added = true;
    } catch {
      // It went away since it was listed: the folder above it tells when it comes back. Or the system has a limit, which is
      // told by the number of folders that are not watched.
    }
  }
  return added;
}
