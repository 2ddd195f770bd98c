import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Block, blocksOf, PAGES, ROOT } from './pages.ts';

// What pages show is true:
// - Every `ts` block is a module and compiles. Its first line may say where it stands: `// src/jobs/totals.ts`.
// - A page that shows schemas (`avdl` blocks that say where they stand) is a project of its own, with its first
//   `// kgen.config.ts`. Other pages are in the project of the demo.
// - A block of `// <out>/…` is an excerpt of that generated file: its lines are there, in this order.
// - A block of `// test/…` is a test that passes.
// - A block `ts run` prints what its comments say: `console.log(value); // text`.

const OUT = 'src/generated';
const DEFAULT_CONFIG = `import { defineConfig } from 'kgen';\nexport default defineConfig({ schemas: ['schemas/*.avdl'], out: '${OUT}' });\n`;

const blocks = PAGES.flatMap(blocksOf);
const isExcerpt = ({ path }: Block): boolean => path?.startsWith(`${OUT}/`) === true;
const examples = blocks.filter((block) => block.language === 'ts' && !isExcerpt(block));

let folder = '';
/** Generated code of each page. */
const generated = new Map<string, string>();
/** Where each example was put, relative to `folder`. */
const places = new Map<string, Block>();
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kgen-docs-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(ROOT, 'fixtures/flights/tsconfig.json'),
      compilerOptions: {
        customConditions: ['kgen-source'],
        // The sources of both packages are compiled along.
        lib: ['es2024'],
        typeRoots: [join(ROOT, 'node_modules/@types')],
        isolatedDeclarations: false,
        declaration: false,
        preserveSymlinks: true,
      },
      include: ['examples/**/*.ts'],
    }),
  );
  for (const page of PAGES) generated.set(page, projectOf(page));
  for (const block of examples) {
    const place = placeFor(block);
    places.set(place, block);
    const file = join(folder, place);
    mkdirSync(dirname(file), { recursive: true });
    // A block without imports or exports would share its names with all others.
    const isModule = /^(import|export)\b/m.test(block.code);
    writeFileSync(file, isModule ? block.code : `${block.code}\nexport {};\n`);
  }
}, 120_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Examples of a page are files of one project, but for those that show the same file once more. */
function placeFor({ page, line, path = `src/example-${line}.ts` }: Block): string {
  const name = page.replaceAll(/\W/g, '-');
  const shared = join('examples', name);
  const project = places.has(join(shared, path)) ? `${shared}-${line}` : shared;
  if (!existsSync(join(folder, project, OUT))) {
    mkdirSync(join(folder, project, dirname(OUT)), { recursive: true });
    symlinkSync(generated.get(page) ?? '', join(folder, project, OUT));
  }
  return join(project, path);
}

/** Generates the project of a page; returns the folder of its generated code. */
function projectOf(page: string): string {
  const own = blocksOf(page);
  const schemas = own.filter(({ language, path }) => language === 'avdl' && path !== undefined);
  if (schemas.length === 0) return join(ROOT, 'fixtures/flights', OUT);
  const project = join(folder, 'projects', page.replaceAll(/\W/g, '-'));
  const config = own.find(({ path }) => path === 'kgen.config.ts')?.code ?? DEFAULT_CONFIG;
  // Generated code may import modules of the user's, by the place where it really lies.
  const modules = own.filter((block) => block.path?.startsWith('src/') === true && !isExcerpt(block));
  for (const { path, code } of [...schemas, ...modules, { path: 'kgen.config.ts', code: config }]) {
    const place = join(project, path ?? '');
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, code);
  }
  // The compiler's settings are those of the examples.
  writeFileSync(join(project, 'tsconfig.json'), '{ "extends": "../../tsconfig.json" }');
  node([join(ROOT, 'generator/cli.ts'), 'generate'], project);
  return join(project, OUT);
}

/** What a program prints; fails with all it said where it fails. */
function node(args: readonly string[], cwd: string): string {
  try {
    return execFileSync(process.execPath, ['--conditions=kgen-source', ...args], {
      cwd,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${cwd}: ${args.join(' ')}\n${stdout}${stderr}`);
  }
}

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(20);
  expect(blocks.filter(isExcerpt).length).toBeGreaterThan(3);
});

test('every example compiles', () => {
  let output = '';
  try {
    execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '--project', folder], {
      encoding: 'utf8',
      cwd: folder,
    });
  } catch (error) {
    output = String((error as { stdout?: string }).stdout).replace(/^(\S+?)\((\d+),/gm, (all, place, line) => {
      const block = places.get(place);
      return block === undefined ? all : `${block.page}:${block.line + Number(line) - 1} (`;
    });
  }
  expect(output).toBe('');
}, 120_000);

describe('excerpts of generated files', () => {
  test.for(blocks.filter(isExcerpt).map((block) => [`${block.page}:${block.line} ${block.path}`, block] as const))(
    '%s',
    ([, { page, path = '', code }]) => {
      const file = join(generated.get(page) ?? '', path.slice(OUT.length));
      expect(existsSync(file)).toBe(true);
      const lines = readFileSync(file, 'utf8').split('\n');
      let from = 0;
      for (const line of code.split('\n').slice(1)) {
        if (line.trim() === '' || /^\s*\/\/ …$/.test(line)) continue;
        const at = lines.indexOf(line, from);
        expect(at, `no line ${line}`).toBeGreaterThanOrEqual(0);
        from = at + 1;
      }
    },
  );
});

describe('examples that run', () => {
  const running = examples.filter(({ flags }) => flags === 'run');
  let printed: { readonly [place: string]: string } = {};
  beforeAll(() => {
    const list = [...places].filter(([, { flags }]) => flags === 'run').map(([place]) => place);
    writeFileSync(join(folder, 'run.ts'), RUNNER);
    printed = JSON.parse(node(['run.ts', ...list], folder));
  }, 60_000);

  test('there are some', () => {
    expect(running.length).toBeGreaterThan(8);
  });

  test.for(running.map((block) => [`${block.page}:${block.line}`, block] as const))('%s', ([, block]) => {
    const place = [...places].find(([, other]) => other === block)?.[0] ?? '';
    const expected = [...block.code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
    expect(printed[place]?.split('\n')).toEqual(expected);
  });
});

test('tests that pages show pass', () => {
  const list = [...places].filter(([, { path }]) => path?.startsWith('test/')).map(([place]) => place);
  expect(list.length).toBeGreaterThan(3);
  node(['--test', ...list], folder);
}, 60_000);

/** Loads modules one after the other, and prints what each of them printed. */
const RUNNER = `
import { format } from 'node:util';
const printed: { [place: string]: string } = {};
const log = console.log;
for (const place of process.argv.slice(2)) {
  const lines: string[] = [];
  console.log = (...values: unknown[]) => void lines.push(format(...values));
  try {
    await import('./' + place);
  } catch (error) {
    lines.push(String(error));
  }
  printed[place] = lines.join('\\n');
}
log(JSON.stringify(printed));
`;
