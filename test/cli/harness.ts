import { type ChildProcess, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

const CLI = join(import.meta.dirname, '../../generator/cli.ts');

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A project of its own, until the test file ends, outside of the repository: `kgen` cannot be resolved from it. */
export class Sandbox {
  readonly root: string = realpathSync(mkdtempSync(join(tmpdir(), 'kgen-')));

  constructor(files: { readonly [path: string]: string | object } = {}) {
    folders.push(this.root);
    for (const [path, content] of Object.entries(files)) this.put(path, content);
  }

  /** Objects become JSON. */
  put(path: string, content: string | object): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }

  get(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  path(path: string): string {
    return join(this.root, path);
  }

  /** All files with their texts, `node_modules` left out. */
  snapshot(): { readonly [path: string]: string } {
    const files: { [path: string]: string } = {};
    for (const entry of readdirSync(this.root, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath, entry.name)
        .slice(this.root.length + 1)
        .replaceAll('\\', '/');
      if (entry.isFile() && !path.includes('node_modules/')) files[path] = this.get(path);
    }
    return files;
  }

  /** Starts the CLI as a process of its own. */
  start(args: readonly string[], options: RunOptions = {}): ChildProcess {
    const env: NodeJS.ProcessEnv = { ...process.env, ...options.env };
    for (const name of ['GITHUB_ACTIONS', 'GITHUB_WORKSPACE', 'FORCE_COLOR', 'NO_COLOR', 'CI', 'NODE_OPTIONS']) {
      if (options.env?.[name] === undefined) delete env[name];
    }
    const cwd = this.path(options.cwd ?? '');
    return spawn(process.execPath, ['--conditions=kgen-source', CLI, ...args], { cwd, env });
  }

  async run(args: readonly string[], options: RunOptions = {}): Promise<Result> {
    const child = this.start(args, options);
    const output = { stdout: '', stderr: '' };
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output.stdout += chunk;
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      output.stderr += chunk;
    });
    child.stdin?.end(options.input);
    const code = await new Promise<number | null>((done, fail) => {
      child.once('error', fail);
      child.once('close', done);
    });
    return { code, ...output };
  }
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: { readonly [name: string]: string };
  readonly input?: string | Uint8Array;
}

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Packages of this repository, as if they were installed. */
export function install(sandbox: Sandbox, ...names: readonly string[]): void {
  for (const name of names) {
    const path = sandbox.path(`node_modules/${name}`);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(import.meta.dirname, '../../node_modules', name), path);
  }
}

/** A tsconfig under which the runtime's sources compile as well: it is not built when tests run. */
export const STRICT: { readonly [option: string]: unknown } = {
  target: 'es2024',
  module: 'nodenext',
  types: ['node'],
  customConditions: ['kgen-source'],
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
};

/** A config as people write it. */
export function config(body: string): string {
  return `import { defineConfig } from 'kgen';\n\nexport default defineConfig({\n${body}\n});\n`;
}

export const FLIGHT: object = {
  type: 'record',
  name: 'Flight',
  namespace: 'us.bts',
  doc: 'One flight.',
  fields: [
    { name: 'origin', type: 'string', doc: 'Airport of departure.' },
    { name: 'delay', type: 'int', default: 0 },
  ],
};
