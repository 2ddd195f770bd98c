import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

/** What the compiler says about one place: the first line of its message. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  /** What the compiler points at: the word that starts there. */
  readonly at: string;
  readonly code: string;
  readonly message: string;
}

/** Type-checks a user's project under the strictest flags; files by path. The runtime is this repository's. */
export function typeCheck(files: { readonly [path: string]: string }): readonly Diagnostic[] {
  const folder = mkdtempSync(join(tmpdir(), 'kgen-types-'));
  try {
    const settings = { 'package.json': '{ "type": "module" }', 'tsconfig.json': tsconfig() };
    for (const [path, text] of Object.entries({ ...files, ...settings })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const { stdout } = spawnSync(process.execPath, [compiler, '--project', folder, '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    });
    return stdout.split('\n').flatMap((line) => parse(line, files));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tsconfig(): string {
  return JSON.stringify({
    compilerOptions: {
      target: 'es2023',
      lib: ['es2024'],
      module: 'nodenext',
      types: ['node'],
      typeRoots: [join(root, 'node_modules', '@types')],
      paths: {
        '@kgen/runtime': [join(root, 'runtime/src/index.ts')],
        '@kgen/runtime/testing': [join(root, 'runtime/src/testing/index.ts')],
        '@kgen/runtime/codegen/v1': [join(root, 'runtime/src/codegen/v1.ts')],
        '@kgen/runtime/schema': [join(root, 'runtime/src/codec/schema/index.ts')],
        '@kgen/runtime/registry': [join(root, 'runtime/src/registry/index.ts')],
        kgen: [join(root, 'generator/index.ts')],
      },
      noEmit: true,
      declaration: true,
      allowImportingTsExtensions: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noImplicitOverride: true,
      noImplicitReturns: true,
      noFallthroughCasesInSwitch: true,
      noPropertyAccessFromIndexSignature: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      noUncheckedSideEffectImports: true,
      verbatimModuleSyntax: true,
      erasableSyntaxOnly: true,
      isolatedDeclarations: true,
    },
    include: ['src'],
  });
}

function parse(line: string, files: { readonly [path: string]: string }): readonly Diagnostic[] {
  const match = /^(.*)\((\d+),(\d+)\): error (TS\d+): (.*)$/.exec(line);
  if (match === null) return [];
  const [, file = '', row = '', column = '', code = '', message = ''] = match;
  const source = files[file]?.split('\n')[Number(row) - 1] ?? '';
  const at = /^[\w$]+|^./.exec(source.slice(Number(column) - 1))?.[0] ?? '';
  return [{ file, line: Number(row), at, code, message }];
}
