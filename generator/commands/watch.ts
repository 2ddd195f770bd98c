import { existsSync, type FSWatcher, readdirSync, watch } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import type { ConfigResult } from '../config/load.ts';
import { CONFIG_NAMES } from '../config-names.ts';
import { configOf } from './config.ts';
import { type Console, plain } from './console.ts';
import { FINE } from './exit.ts';
import { fromHere } from './findings.ts';
import { type GenerateOptions, generateOnce } from './generate.ts';

/** Editors and version control write several files at once: a run waits until it has been quiet for so long. */
const QUIET_MS = 100;
/** The most folders that are watched: systems have a limit, and nobody keeps schemas in more. */
const MOST_FOLDERS = 2_000;

/** `kgen generate --watch`: runs at once, then after each change, until it is interrupted. */
export async function watchCommand(options: GenerateOptions, console: Console): Promise<number> {
  const watchers = new Map<string, FSWatcher>();
  let changed: string | undefined;
  let wake: () => void = () => {};
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    wake();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  let accepts: (path: string) => boolean = () => true;
  const onChange = (path: string): void => {
    if (!accepts(path)) return;
    changed ??= path;
    wake();
  };

  for (let version = 1; !stopped; version++) {
    const config = await configOf(options, version);
    const watched = watchedPaths(config);
    accepts = watched.accepts;
    update(watchers, watched.folders, onChange);
    const started = performance.now();
    await generateOnce(config, options, console);
    const folders = watchers.size === 1 ? '1 folder' : `${watchers.size} folders`;
    const took = `${Math.round(performance.now() - started)} ms`;
    console.print(console.colors.dim(`${took}. Watching ${folders}; Ctrl+C ends it.`));
    while (changed === undefined && !stopped) {
      await new Promise<void>((resolveWait) => {
        wake = resolveWait;
      });
    }
    if (stopped) break;
    await quiet((callback) => {
      wake = callback;
    });
    console.print(`\n${console.colors.bold(plain(fromHere(changed ?? '', config.root)))} changed.`);
    changed = undefined;
  }
  for (const watcher of watchers.values()) watcher.close();
  return FINE;
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
  readonly accepts: (path: string) => boolean;
}

/** The folders of schemas, templates and the config, and which changes in them count. */
function watchedPaths(result: ConfigResult): Watched {
  const files = new Set(result.loaded);
  const folders = new Set(result.loaded.map((path) => dirname(path)));
  if ('findings' in result) {
    folders.add(result.root);
    return {
      folders,
      accepts: (path) => files.has(path) || CONFIG_NAMES.some((name) => path === join(result.root, name)),
    };
  }
  const { root, config } = result;
  const out = resolve(root, config.out);
  const bases = config.schemas.filter((glob) => !glob.startsWith('!')).map((glob) => resolve(root, baseOf(glob)));
  const templates = config.templates === undefined ? [] : [resolve(root, config.templates)];
  for (const base of [...bases, ...templates]) addFolders(base, out, folders);
  const accepts = (path: string): boolean => {
    if (path === out || path.startsWith(out + sep)) return false;
    if (files.has(path) || /\.(avsc|avpr|avdl)$/i.test(path) || path.endsWith(`${sep}tsconfig.json`)) return true;
    return templates.some((folder) => path.startsWith(folder)) || bringsSchemas(bases, path);
  };
  return { folders, accepts };
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

function update(
  watchers: Map<string, FSWatcher>,
  folders: ReadonlySet<string>,
  onChange: (path: string) => void,
): void {
  for (const [folder, watcher] of watchers) {
    if (folders.has(folder)) continue;
    watcher.close();
    watchers.delete(folder);
  }
  for (const folder of folders) {
    if (watchers.has(folder)) continue;
    try {
      const watcher = watch(folder, (_, name) => onChange(name === null ? folder : join(folder, name)));
      watcher.on('error', () => {
        watcher.close();
        watchers.delete(folder);
      });
      watchers.set(folder, watcher);
    } catch {
      // It went away between listing and watching: the folder above it tells when it comes back.
    }
  }
}
