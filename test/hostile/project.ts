import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ts } from 'ts-morph';
import { onTestFinished } from 'vitest';
import { type Result, Sandbox } from '../cli/harness.ts';
import { filesBelow, runProcess } from '../package/processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const COMPILER = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
export const OUT = 'src/generated';

/** What hostile text tries to run: where it becomes code, this global is set, and this word is an identifier. */
export const CANARY = 'pwned';

/** A user's project with hostile input, outside of the repository; the runtime it finds is this repository's. */
export class HostileProject extends Sandbox {
  constructor(files: { readonly [path: string]: string | object }) {
    super({ 'package.json': { type: 'module' }, ...files });
    mkdirSync(this.path('node_modules/@kgen'), { recursive: true });
    symlinkSync(join(ROOT, 'runtime'), this.path('node_modules/@kgen/runtime'), 'junction');
    symlinkSync(join(ROOT, 'node_modules/@types'), this.path('node_modules/@types'), 'junction');
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }));
  }

  /** `kgen generate` over all that is in `schemas`, or by the config where there is one. */
  generate(...args: readonly string[]): Promise<Result> {
    const call = args.length > 0 || this.#hasConfig() ? args : ['--schemas', 'schemas/**/*', '--out', OUT];
    return this.run(['generate', ...call]);
  }

  check(...args: readonly string[]): Promise<Result> {
    const call = args.length > 0 || this.#hasConfig() ? args : ['--schemas', 'schemas/**/*', '--out', OUT];
    return this.run(['check', ...call]);
  }

  #node(...args: readonly string[]): Promise<Result> {
    return runProcess(process.execPath, args, { cwd: this.root });
  }

  #hasConfig(): boolean {
    return readdirSync(this.root).some((name) => name.startsWith('kgen.config.'));
  }

  /** Sources that `generate` wrote: the output, and jobs. */
  written(): readonly (readonly [path: string, text: string])[] {
    if (!existsSync(this.path('src'))) return [];
    return filesBelow(this.path('src'))
      .filter((path) => path.endsWith('.ts'))
      .map((path) => [`src/${path}`, this.get(`src/${path}`)]);
  }

  /** Places where the canary is code, where a file does not parse, text is run as a template, or cannot be seen. */
  injections(): readonly string[] {
    return this.written().flatMap(([path, text]) => injectionsIn(path, text));
  }

  /** What the compiler says under the strictest flags. */
  async typeErrors(): Promise<string> {
    this.put('tsconfig.check.json', {
      compilerOptions: {
        target: 'es2023',
        lib: ['es2024'],
        module: 'nodenext',
        types: ['node'],
        customConditions: ['kgen-source'],
        allowImportingTsExtensions: true,
        noEmit: true,
        declaration: true,
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noImplicitReturns: true,
        noPropertyAccessFromIndexSignature: true,
        noUnusedLocals: true,
        noUnusedParameters: true,
        verbatimModuleSyntax: true,
        erasableSyntaxOnly: true,
        isolatedDeclarations: true,
        skipLibCheck: true,
      },
      include: ['src'],
    });
    const { stdout, stderr } = await this.#node(COMPILER, '--project', 'tsconfig.check.json', '--pretty', 'false');
    return stdout + stderr;
  }

  /** Loads every generated file in a process of its own; runs statements there that see `codecs` and `same`. */
  async load(statements = ''): Promise<string> {
    const imports = this.written().map(([path]) => `await import(${JSON.stringify(`./${encodeURI(path)}`)});`);
    this.put('load.ts', `${imports.join('\n')}\n${PRELUDE}\n${statements}\nverdict();\n`);
    const { stdout, stderr } = await this.#node('--conditions=kgen-source', 'load.ts');
    return stdout + stderr;
  }

  /** Generated code that is harmless, compiles, loads, and gives back the values that it is given. */
  async verify(statements = ''): Promise<Verdict> {
    return {
      injections: this.injections(),
      typeErrors: await this.typeErrors(),
      loaded: await this.load(statements),
      check: (await this.check()).code,
    };
  }
}

export interface Verdict {
  readonly injections: readonly string[];
  readonly typeErrors: string;
  readonly loaded: string;
  readonly check: number | null;
}

export const HARMLESS: Verdict = { injections: [], typeErrors: '', loaded: 'harmless\n', check: 0 };

const PRELUDE = `import assert from 'node:assert/strict';
import { codecs as all } from './${OUT}/codecs.ts';
const codecs: any = all;
/** Every way of a codec gives the value back. */
function same(name: string, value: unknown): void {
  const codec = codecs[name];
  assert.ok(codec, name);
  const bytes = codec.encode(value);
  const back = codec.decode(bytes);
  assert.deepEqual(back, value);
  assert.ok(codec.is(back));
  assert.deepEqual(codec.fromAvroJson(codec.toAvroJson(value)), value);
  assert.deepEqual(codec.decoderFor(codec.schema)(bytes), value);
  assert.deepEqual(codec['~standard'].validate(value), { value });
}
function verdict(): void {
  console.log((globalThis as any).${CANARY} === undefined && ({} as any).${CANARY} === undefined ? 'harmless' : 'injected');
}`;

export function injectionsIn(path: string, text: string): readonly string[] {
  const found: string[] = [];
  const unseen = text.match(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
  if (unseen !== null) found.push(`${path}: an unseen character, ${JSON.stringify(unseen[0])}, at ${unseen.index}`);
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const { parseDiagnostics = [] } = source as { parseDiagnostics?: readonly { readonly messageText: unknown }[] };
  for (const { messageText } of parseDiagnostics) found.push(`${path}: ${String(messageText)}`);
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text.includes(CANARY))
      found.push(`${path}: ${node.parent.getText().slice(0, 200)}`);
    if (ts.isTemplateExpression(node)) found.push(`${path}: a template, ${node.getText().slice(0, 200)}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
