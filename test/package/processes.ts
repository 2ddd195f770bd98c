import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What npm, vitest and CI say about the process that runs the tests; registry, proxy and certificates stay as they are. */
const FOREIGN =
  /^(npm_(lifecycle|package|command|execpath|node_execpath|config_(local_prefix|workspace)).*|vitest.*|jest_.*|github_.*|node_(options|env)|(ci|force_color|no_color|init_cwd|test|dev|prod|ssr|mode))$/i;

/** The environment of a user's terminal: a Node, and nothing that npm, vitest or CI set. */
function userEnvironment(node: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!FOREIGN.test(name)) env[name] = value;
  }
  env['NO_COLOR'] = '1';
  env['PATH'] = [dirname(node), ...foldersOfPath()].join(delimiter);
  return env;
}

/** PATH without the commands of installed packages: `kgen` and `tsc` of this repository must not be found by chance. */
export function foldersOfPath(): readonly string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !/[/\\]node_modules[/\\]/.test(folder));
}

export interface Call {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The Node that commands find; by default the one that runs the tests. */
  readonly node?: string;
}

export function runProcess(
  command: string,
  args: readonly string[],
  { cwd, env = {}, node = process.execPath }: Call,
): Promise<Result> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...userEnvironment(node), ...env },
      shell: process.platform === 'win32' && /^(npm|npx)$/.test(command),
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output.stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      output.stderr += chunk;
    });
    child.stdin.end();
    child.once('error', fail);
    child.once('close', (code) => done({ code, ...output }));
  });
}

/** As {@link runProcess}, of a call that must succeed: otherwise the error says all that it printed. */
export async function mustRun(...call: Parameters<typeof runProcess>): Promise<Result> {
  const result = await runProcess(...call);
  if (result.code === 0) return result;
  const [command, args] = call;
  throw new Error(`${command} ${args.join(' ')}: exit code ${result.code}\n${result.stdout}${result.stderr}`);
}

/** All files below a folder, with `/`, sorted. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll(sep, '/'),
    )
    .sort();
}
