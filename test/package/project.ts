import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Base, install } from './base.ts';
import { filesBelow, mustRun, type Result } from './processes.ts';
import { type Extension, jobFile, mainFile, SCHEMAS, scenarioFile } from './shop.ts';
import { temporaryFolder } from './tarballs.ts';

export interface Setting {
  /** Left out: the folder is empty, and `kgen init` makes one. */
  readonly packageJson?: object;
  readonly tsconfig?: object;
  /** What relative imports end in, in this project's own files; `generate` is expected to find the same. */
  readonly extension: Extension;
  /** The Node it is run with; by default the one that runs the tests. */
  readonly node?: string;
  /** Written last: they may import what is generated. */
  readonly files?: { readonly [path: string]: string | object };
  /** A real `npm install` with these tools; else the project shares the modules of the others. */
  readonly install?: readonly string[];
}

/** A user's project, outside of the repository. */
export class Project {
  readonly root: string = temporaryFolder('project');
  readonly #node: string;

  constructor(node: string = process.execPath) {
    this.#node = node;
  }

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

  /** A command of an installed package, as users call it. Must succeed. */
  npx(...args: readonly string[]): Promise<Result> {
    return mustRun('npx', ['--no', '--', ...args], { cwd: this.root, node: this.#node });
  }

  node(...args: readonly string[]): Promise<Result> {
    return mustRun(this.#node, args, { cwd: this.root, node: this.#node });
  }

  generated(): readonly string[] {
    return filesBelow(this.path('src/generated'));
  }
}

/** From nothing to a project whose job is written: each step a command that a user types. */
export async function setUp(base: Base, setting: Setting): Promise<Project> {
  const { packageJson, tsconfig, extension, files = {} } = setting;
  const project = new Project(setting.node);
  if (packageJson !== undefined) project.put('package.json', packageJson);
  if (tsconfig !== undefined) project.put('tsconfig.json', tsconfig);
  if (setting.install === undefined) symlinkSync(base.modules, project.path('node_modules'), 'junction');
  else await install(base, project.root, setting.install);

  await project.npx('kgen', 'init', '--yes');
  for (const [path, schema] of Object.entries(SCHEMAS)) project.put(path, schema);
  await project.npx('kgen', 'generate');
  // The skeleton compiles before anybody wrote a line.
  await project.npx('kgen', 'check', '--types');
  project.put('src/jobs/customer-totals.ts', jobFile(extension));
  project.put('src/scenario.ts', scenarioFile(extension));
  project.put('src/main.ts', mainFile(extension));
  for (const [path, content] of Object.entries(files)) project.put(path, content);
  await project.npx('kgen', 'check', '--types');
  return project;
}
