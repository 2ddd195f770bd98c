import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CONFIG_NAMES } from '../config-names.ts';
import type { Finding } from '../finding.ts';
import type { Config } from './config.ts';
import { defaultOf, silenceTypeStripping } from './evaluate.ts';
import { loadFailure } from './load-failure.ts';
import { registerModuleHook, versioned } from './module-hook.ts';
import { isObject } from './shape.ts';
import { validateConfig } from './validate.ts';

/** How the call says what to generate. */
export interface ConfigOptions {
  readonly cwd: string;
  /** `--config` */
  readonly config?: string | undefined;
  /** `--schemas`, `--out`, `--long`: instead of a config. Relative to `cwd`. */
  readonly schemas?: readonly string[] | undefined;
  readonly out?: string | undefined;
  readonly long?: string | undefined;
  /** Distinguishes evaluations of the same file in one process: watching evaluates a changed config again. */
  readonly version?: number | undefined;
}

export interface LoadedConfig {
  readonly config: Config;
  /** The folder all paths are relative to. */
  readonly root: string;
  /** Relative to `root`; undefined where the call's options took its place. */
  readonly file: string | undefined;
  /** The config and what it imports, absolute: watching looks at them. */
  readonly loaded: readonly string[];
}

/** What is wrong, and with which files: a person who watches mends them and goes on. */
export interface BrokenConfig {
  readonly findings: readonly Finding[];
  readonly root: string;
  readonly loaded: readonly string[];
}

export type ConfigResult = LoadedConfig | BrokenConfig;

/** Finds, evaluates and checks the config, or makes one of the call's options. Never throws for what the user wrote. */
export async function loadConfig(options: ConfigOptions): Promise<ConfigResult> {
  if (options.schemas !== undefined || options.out !== undefined || options.long !== undefined) {
    return configOfCall(options);
  }
  const path = options.config === undefined ? findConfig(options.cwd) : resolve(options.cwd, options.config);
  if (path === undefined) {
    return failure(options.cwd, {
      reason: `there is no ${CONFIG_NAMES[0]} here or in a folder above`,
      hint: 'Run `kgen init`, name one with --config, or give --schemas and --out',
    });
  }
  if (!existsSync(path) || !statSync(path).isFile()) {
    return failure(options.cwd, {
      file: options.config,
      reason: 'there is no such config',
      hint: 'Check the path given to --config',
    });
  }
  return evaluateConfig(path, options.version);
}

/** The config nearest to a folder, upwards. */
export function findConfig(from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const found = CONFIG_NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
    if (dirname(folder) === folder) return undefined;
  }
}

function configOfCall(options: ConfigOptions): ConfigResult {
  const { cwd, schemas, out, long, config } = options;
  const findings: Finding[] = [];
  const tell = (path: string, reason: string, hint: string): void => void findings.push({ path, reason, hint });
  if (config !== undefined)
    tell('--config', 'a config cannot be combined with --schemas, --out or --long', 'Leave out one of them');
  if (schemas === undefined)
    tell('--schemas', 'it is missing', "Say which files to read, such as --schemas 'schemas/**/*.avsc'");
  if (out === undefined) tell('--out', 'it is missing', 'Say where generated code goes, such as --out src/generated');
  const relativeOut = out === undefined ? '' : slashed(relative(cwd, resolve(cwd, out))) || '.';
  const value = {
    schemas: schemas?.map((glob) => slashed(isAbsolute(glob) ? relative(cwd, glob) : glob)),
    out: relativeOut,
    types: { long },
  };
  if (findings.length === 0) {
    for (const { path = '', reason, hint } of validateConfig(value, undefined)) {
      tell(`--${path.replace(/^types\./, '')}`, reason, hint);
    }
  }
  if (findings.length > 0) return { findings, root: cwd, loaded: [] };
  return { config: value as Config, root: cwd, file: undefined, loaded: [] };
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/');
}

async function evaluateConfig(path: string, version: number | undefined): Promise<ConfigResult> {
  const root = dirname(path);
  const file = basename(path);
  const loaded = new Set([path]);
  const unregister = registerModuleHook({ onLoad: (each) => loaded.add(each) });
  const restoreWarnings = silenceTypeStripping();
  const url = pathToFileURL(path).href;
  if (version !== undefined) forgetCommonJs(path);
  let module: unknown;
  try {
    module = await import(version === undefined ? url : versioned(url, String(version)));
  } catch (error) {
    return { findings: [loadFailure(error, file, root)], root, loaded: [...loaded] };
  } finally {
    restoreWarnings();
    unregister();
  }
  const value = defaultOf(module);
  if (!isObject(value)) {
    const reason = value === undefined ? 'it has no default export' : 'its default export is not a config';
    return {
      findings: [{ file, reason, hint: 'Write `export default defineConfig({ ... })`' }],
      root,
      loaded: [...loaded],
    };
  }
  const findings = validateConfig(value, file);
  if (findings.length > 0) return { findings, root, loaded: [...loaded] };
  return { config: value as unknown as Config, root, file, loaded: [...loaded] };
}

/** CommonJS modules are cached by path, whatever the URL says. */
function forgetCommonJs(path: string): void {
  const { cache } = createRequire(path);
  for (const each of Object.keys(cache)) {
    if (!/[\\/]node_modules[\\/]/.test(each)) delete cache[each];
  }
}

function failure(root: string, finding: Finding): ConfigResult {
  return { findings: [finding], root, loaded: [] };
}
