// Builds both packages with the compiler alone: `kgen` as ESM, `@kgen/runtime` as ESM and CommonJS, each with its types.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const root = import.meta.dirname;
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

function compile(project: string, folder: string): void {
  rmSync(join(root, folder), { recursive: true, force: true });
  execFileSync(process.execPath, [compiler, '--project', join(root, project)], { stdio: 'inherit' });
}

compile('runtime/tsconfig.esm.json', 'runtime/dist/esm');
compile('runtime/tsconfig.cjs.json', 'runtime/dist/cjs');
writeFileSync(join(root, 'runtime/dist/cjs/package.json'), '{ "type": "commonjs" }\n');
compile('generator/tsconfig.build.json', 'dist');
