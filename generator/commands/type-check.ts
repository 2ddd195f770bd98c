import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { findTsConfig, readTsConfig } from '../config/tsconfig.ts';
import type { Finding } from '../finding.ts';

/** Runs the project's own compiler over its own tsconfig, so that the answer is what its editors and builds say. */
export async function typeCheck(config: Pick<Config, 'out' | 'jobsDir'>, root: string): Promise<readonly Finding[]> {
  const compiler = findCompiler(root);
  if (compiler === undefined) {
    return [
      { reason: 'TypeScript is not installed in this project', hint: 'Install it: npm install --save-dev typescript' },
    ];
  }
  const findings: Finding[] = [];
  for (const project of projects(config, root)) findings.push(...(await compile(compiler, project, root)));
  return findings;
}

/** `tsc` of the project. Its package may export nothing of it: then the folders are looked at. */
function findCompiler(root: string): string | undefined {
  const require = createRequire(join(root, 'package.json'));
  try {
    const path = require.resolve('typescript/package.json');
    const { bin } = JSON.parse(readFileSync(path, 'utf8'));
    const tsc: unknown = typeof bin === 'string' ? bin : bin?.tsc;
    return typeof tsc === 'string' ? join(dirname(path), tsc) : undefined;
  } catch {
    return undefined;
  }
}

/** The arguments of each compiler run: one, but for a solution, which has one for each of its projects. */
function projects(
  { out, jobsDir = 'src/jobs' }: Pick<Config, 'out' | 'jobsDir'>,
  root: string,
): readonly (readonly string[])[] {
  const path = findTsConfig(resolve(root, out));
  if (path !== undefined) {
    const { empty, references } = readTsConfig(path);
    return (empty && references.length > 0 ? references : [path]).map((each) => ['--project', each]);
  }
  const index = resolve(root, out, 'index.ts');
  const topics = resolve(root, out, 'topics.ts');
  const sources = [index, topics].filter((each) => existsSync(each));
  const flags = [
    '--strict',
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--allowImportingTsExtensions',
    '--skipLibCheck',
  ];
  const jobs = resolve(root, jobsDir);
  return [[...flags, ...sources, ...(existsSync(jobs) ? jobFiles(jobs) : [])]];
}

function jobFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => /\.[mc]?ts$/.test(name) && !/\.d\.[mc]?ts$/.test(name))
    .map((name) => join(folder, name));
}

async function compile(compiler: string, args: readonly string[], root: string): Promise<readonly Finding[]> {
  const { output, code } = await run([compiler, '--noEmit', '--pretty', 'false', ...args], root);
  const findings = parseDiagnostics(output, root);
  if (code === 0 || findings.length > 0) return findings;
  const reason = `the compiler failed: ${output.trim() === '' ? `exit code ${code}` : output.trim()}`;
  return [{ reason, hint: 'Run `tsc --noEmit` by itself to see why' }];
}

function run(args: readonly string[], cwd: string): Promise<{ readonly output: string; readonly code: number | null }> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const append = (chunk: string): void => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', append);
    child.stderr.setEncoding('utf8').on('data', append);
    child.once('error', fail);
    child.once('close', (code) => done({ output, code }));
  });
}

function hintFor(code: string | undefined): string {
  if (code !== 'TS5097') return 'Mend the code, or the schema it disagrees with';
  return "Set allowImportingTsExtensions in tsconfig.json, where Node runs the sources; else importExtension: '.js' in the config";
}

/** `src/jobs/a.ts(3,5): error TS2322: ...`, followed by indented lines that say more. */
export function parseDiagnostics(output: string, root: string): readonly Finding[] {
  const findings: { -readonly [K in keyof Finding]: Finding[K] }[] = [];
  for (const line of output.split(/\r?\n/)) {
    const match = /^(?:(?<file>.+?)\((?<line>\d+),(?<column>\d+)\): )?error (?<code>TS\d+): (?<message>.*)$/.exec(line);
    const last = findings.at(-1);
    if (match?.groups !== undefined) {
      const { file, line: row, column, code, message } = match.groups;
      findings.push({
        file: file === undefined ? undefined : relative(root, resolve(root, file)).replaceAll('\\', '/'),
        position: file === undefined ? undefined : { line: Number(row), column: Number(column) },
        path: code,
        reason: message ?? '',
        hint: hintFor(code),
      });
    } else if (last !== undefined && line.startsWith('  ')) {
      last.reason += `\n${line}`;
    }
  }
  return findings;
}
