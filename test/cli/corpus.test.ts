import { execFileSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { install, Sandbox, STRICT } from './harness.ts';

/** Not part of the repository: a large set of schemas that people wrote, where it lies beside it. */
const RADAR = join(import.meta.dirname, '../../../shared/corpora/radar');
const COMPILER = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

/** Every flag of the compiler that refuses something. */
const STRICTEST = {
  ...STRICT,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  noUncheckedSideEffectImports: true,
  allowUnreachableCode: false,
  allowUnusedLabels: false,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  isolatedModules: true,
  declaration: true,
  isolatedDeclarations: true,
  forceConsistentCasingInFileNames: true,
};

describe.skipIf(!existsSync(RADAR))('226 schemas that people wrote (skipped where ../shared is absent)', () => {
  test('compile under the strictest flags, without a suppression', { timeout: 120_000 }, async () => {
    const sandbox = new Sandbox({
      'package.json': { type: 'module' },
      'tsconfig.json': { compilerOptions: STRICTEST, include: ['out'] },
    });
    install(sandbox, '@kgen/runtime', '@types/node');
    cpSync(RADAR, sandbox.path('schemas'), { recursive: true });
    const { code, stdout } = await sandbox.run(['generate', '--schemas', 'schemas/**/*.avsc', '--out', 'out']);
    expect(stdout).toMatch(/out: \d{3} added\./);
    expect(code).toBe(0);
    const generated = Object.entries(sandbox.snapshot()).filter(([path]) => path.startsWith('out/'));
    expect(generated.length).toBeGreaterThan(226);
    const escapes = /\bany\b|\bas unknown\b|[\w)\]]![.;,)\]]/;
    const suppressed = generated.filter(
      ([, text]) => /@ts-(?:ignore|expect|nocheck)/.test(text) || escapes.test(bareCode(text)),
    );
    expect(suppressed.map(([path]) => path)).toEqual([]);
    expect(compile(sandbox)).toBe('');
  });
});

/** Without comments and strings: schemas may say anything in them. */
function bareCode(text: string): string {
  return text.replaceAll(/'(?:[^'\\\n]|\\.)*'|\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
}

function compile(sandbox: Sandbox): string {
  try {
    return execFileSync(process.execPath, [COMPILER, '--noEmit'], { cwd: sandbox.root, encoding: 'utf8' });
  } catch (error) {
    return String((error as { readonly stdout?: string }).stdout ?? error);
  }
}
