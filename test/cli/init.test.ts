import { execFileSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planInit } from '../../generator/init/plan.ts';
import { readProject } from '../../generator/init/project.ts';
import { install, Sandbox, STRICT } from './harness.ts';

const module = { name: 'shop', type: 'module' };

test('an empty folder becomes a project', async () => {
  const sandbox = new Sandbox();
  const { code, stdout } = await sandbox.run(['init', '--yes']);
  expect(code).toBe(0);
  expect(Object.keys(sandbox.snapshot()).sort()).toEqual([
    '.gitattributes',
    '.github/workflows/kgen.yml',
    'kgen.config.ts',
    'package.json',
    'schemas/shop.avdl',
  ]);
  expect(stdout).toContain('npm install --save-dev kgen typescript');
  expect(sandbox.get('.gitattributes')).toBe('src/generated/** text eol=lf linguist-generated\n');
});

test('what it writes generates, and is then up to date', async () => {
  const sandbox = new Sandbox();
  await sandbox.run(['init', '--yes']);
  const generated = await sandbox.run(['generate']);
  expect(generated.stdout).toContain('src/jobs/customer-totals.ts: a new job');
  expect(generated.code).toBe(0);
  const checked = await sandbox.run(['check']);
  expect(checked.stdout).toMatch(/^\d+ generated files up to date\.\n$/);
  expect(checked.code).toBe(0);
});

test('what it writes type-checks, the config included, and runs', async () => {
  const sandbox = new Sandbox({
    'package.json': {
      ...module,
      dependencies: { '@kgen/runtime': '0' },
      devDependencies: { kgen: '0', typescript: '0' },
    },
    'tsconfig.json': { compilerOptions: STRICT, include: ['src', 'kgen.config.ts'] },
  });
  install(sandbox, '@kgen/runtime', '@types/node', 'typescript');
  symlinkSync(join(import.meta.dirname, '../..'), sandbox.path('node_modules/kgen'));
  expect((await sandbox.run(['init', '--yes'])).stdout).toContain('Next:\n  1. npm run generate\n');
  expect((await sandbox.run(['generate'])).code).toBe(0);
  const { code, stdout } = await sandbox.run(['check', '--types']);
  expect(stdout).toMatch(/up to date, and the project compiles/);
  expect(code).toBe(0);
  sandbox.put(
    'src/main.ts',
    `import { run } from '@kgen/runtime';
     import { memoryLog } from '@kgen/runtime/memory';
     import { orders } from './generated/topics.ts';
     import job from './jobs/customer-totals.ts';

     const log = memoryLog({ topics: { orders: 2, totals: 2 } });
     const order = { id: '1', customer: 'ann', amount: 300, placed: new Date(0) };
     log.produce([orders.serializeValue(order), orders.serializeValue({ ...order, customer: 'bob' })]);
     const { reason, metrics } = await run(job, { log, until: 'latest', logger: false });
     console.log(reason, metrics.records);`,
  );
  const output = execFileSync(process.execPath, ['--conditions=kgen-source', 'src/main.ts'], {
    cwd: sandbox.root,
    encoding: 'utf8',
  });
  expect(output).toBe('done 2\n');
}, 60_000);

test('a second time it overwrites nothing, and lists what exists', async () => {
  const sandbox = new Sandbox({ 'package.json': module });
  await sandbox.run(['init', '--yes']);
  const before = sandbox.snapshot();
  const { code, stdout } = await sandbox.run(['init', '--yes']);
  expect(code).toBe(1);
  expect(stdout).toContain('kgen.config.ts\n  it exists already');
  expect(stdout).toContain('.github/workflows/kgen.yml\n  it exists already');
  expect(stdout).toContain('Nothing was written.');
  expect(sandbox.snapshot()).toEqual(before);
});

test('a config of another name is one, too', async () => {
  const sandbox = new Sandbox({ 'package.json': module, 'kgen.config.mjs': 'export default {};' });
  const before = sandbox.snapshot();
  const { code, stdout } = await sandbox.run(['init', '--yes']);
  expect(stdout).toContain('kgen.config.mjs\n  it exists already');
  expect(code).toBe(1);
  expect(sandbox.snapshot()).toEqual(before);
});

test('package.json keeps its formatting, and scripts of its own', async () => {
  const text =
    '{\r\n\t"name": "shop",\r\n\t"scripts": {\r\n\t\t"check": "biome check",\r\n\t\t"test": "vitest"\r\n\t},\r\n\t"list": [1, 2]\r\n}\r\n';
  const sandbox = new Sandbox({ 'package.json': text, 'tsconfig.json': {} });
  const { stdout } = await sandbox.run(['init', '--yes']);
  expect(sandbox.get('package.json')).toBe(
    text.replace(
      '"vitest"\r\n',
      '"vitest",\r\n\t\t"generate": "kgen generate",\r\n\t\t"typecheck": "tsc --noEmit"\r\n',
    ),
  );
  expect(stdout).toContain('package.json has a script `check` of its own: left as it is');
});

test.each([
  [
    '{}',
    '{\n  "scripts": {\n    "generate": "kgen generate",\n    "check": "kgen check",\n    "typecheck": "kgen check --types"\n  }\n}',
  ],
  [
    '{\n    "scripts": {}\n}\n',
    '{\n    "scripts": {\n        "generate": "kgen generate",\n        "check": "kgen check",\n        "typecheck": "kgen check --types"\n    }\n}\n',
  ],
  [
    '{"a":1,"scripts":{"b":"}"}}',
    '{"a":1,"scripts":{"b":"}", "generate": "kgen generate", "check": "kgen check", "typecheck": "kgen check --types"}}',
  ],
  [
    '{\n  "a": {"scripts": {}},\n  "b": "\\"{"\n}',
    '{\n  "a": {"scripts": {}},\n  "b": "\\"{",\n  "scripts": {\n    "generate": "kgen generate",\n    "check": "kgen check",\n    "typecheck": "kgen check --types"\n  }\n}',
  ],
])('scripts are added to %j', async (before, after) => {
  const sandbox = new Sandbox({ 'package.json': before });
  expect((await sandbox.run(['init', '--yes'])).code).toBe(0);
  expect(sandbox.get('package.json')).toBe(after);
});

test.each(['{', '[]', '{"scripts": 3}'])('a package.json that cannot be edited stops it: %s', async (text) => {
  const sandbox = new Sandbox({ 'package.json': text });
  const { code, stdout } = await sandbox.run(['init', '--yes']);
  expect(code).toBe(1);
  expect(stdout).toContain('package.json\n  it cannot be changed');
  expect(sandbox.snapshot()).toEqual({ 'package.json': text });
});

test('a CommonJS package with Jest: a config that is a module all the same, imports without an extension', async () => {
  const sandbox = new Sandbox({
    'package.json': { devDependencies: { jest: '30.0.0', typescript: '5.8.0' } },
    'tsconfig.json': { compilerOptions: { module: 'commonjs' } },
    'package-lock.json': {},
  });
  const { stdout } = await sandbox.run(['init', '--yes']);
  expect(sandbox.get('kgen.config.mts')).toContain(
    "  // Jest loads this CommonJS package.\n  importExtension: 'none',",
  );
  expect(stdout).toContain('npm install --save-dev kgen\n');
  expect((await sandbox.run(['generate'])).code).toBe(0);
});

test('the import extension is pinned', async () => {
  const sandbox = new Sandbox({ 'package.json': module, 'tsconfig.json': { compilerOptions: { module: 'nodenext' } } });
  await sandbox.run(['init', '--yes', '--out', 'lib/generated/']);
  expect(sandbox.get('kgen.config.ts')).toContain("importExtension: '.js',");
  expect(sandbox.get('kgen.config.ts')).toContain("out: 'lib/generated',");
  expect(sandbox.get('.gitattributes')).toContain('lib/generated/** ');
});

test('schemas that exist take the place of the sample', async () => {
  const sandbox = new Sandbox({
    'package.json': module,
    'avro/deep/flight.avsc': { type: 'record', name: 'Flight', fields: [] },
    'node_modules/x/y.avsc': '{}',
  });
  await sandbox.run(['init', '--yes']);
  expect(sandbox.get('kgen.config.ts')).toContain("schemas: ['avro/**/*.{avsc,avdl,avpr}'],");
  expect(Object.keys(sandbox.snapshot())).not.toContain('schemas/shop.avdl');
  const { code } = await sandbox.run(['generate']);
  expect(code).toBe(0);
  expect(Object.keys(sandbox.snapshot())).toContain('src/generated/types/flight.ts');
});

test('a package inside a repository: the workflow lies where GitHub looks for it', async () => {
  const sandbox = new Sandbox({ '.git/HEAD': '', 'pnpm-lock.yaml': '', 'packages/shop/package.json': module });
  const { code, stdout } = await sandbox.run(['init', '--yes'], { cwd: 'packages/shop' });
  expect(code).toBe(0);
  const workflow = sandbox.get('.github/workflows/kgen.yml');
  expect(workflow).toContain('working-directory: "packages/shop"');
  expect(workflow).toContain('pnpm exec kgen check --types');
  expect(stdout).toContain('pnpm add @kgen/runtime');
});

test('a .gitattributes that has other lines, or this one', async () => {
  const sandbox = new Sandbox({ 'package.json': module, '.gitattributes': '*.png binary' });
  await sandbox.run(['init', '--yes']);
  expect(sandbox.get('.gitattributes')).toBe('*.png binary\nsrc/generated/** text eol=lf linguist-generated\n');
  const done = new Sandbox({ 'package.json': module, '.gitattributes': 'src/generated/** text eol=lf\n' });
  await done.run(['init', '--yes']);
  expect(done.get('.gitattributes')).toBe('src/generated/** text eol=lf\n');
});

test('without a terminal it does not ask', async () => {
  const sandbox = new Sandbox({ 'package.json': module });
  const { code, stdout } = await sandbox.run(['init']);
  expect(stdout).toContain('Use --yes');
  expect(code).toBe(2);
  expect(Object.keys(sandbox.snapshot())).toEqual(['package.json']);
});

test.each(['..', '/tmp/x', '.', 'a/../..'])('--out below the project only: %s', async (out) => {
  const sandbox = new Sandbox({ 'package.json': module });
  const { code } = await sandbox.run(['init', '--yes', '--out', out]);
  expect(code).toBe(2);
  expect(Object.keys(sandbox.snapshot())).toEqual(['package.json']);
});

test('in a folder below a package, it says where to run', async () => {
  const sandbox = new Sandbox({ '.git/HEAD': '', 'package.json': module, 'src/a.ts': '' });
  const { code, stdout } = await sandbox.run(['init', '--yes'], { cwd: 'src' });
  expect(stdout).toContain('there is no package.json here');
  expect(code).toBe(2);
});

const NPM_INIT = '{\n  "name": "shop",\n  "type": "commonjs",\n  "main": "index.js"\n}\n';

test('where Node would take generated files for CommonJS, the first step is to change that', async () => {
  const plain = new Sandbox({ 'package.json': NPM_INIT });
  expect((await plain.run(['init', '--yes'])).stdout).toContain('Next:\n  1. npm pkg set type=module');
  const [config = ''] = Object.keys(plain.snapshot()).filter((path) => path.startsWith('kgen.config'));
  expect(plain.get(config)).not.toContain('as they are');
  for (const files of [
    { 'package.json': NPM_INIT, 'tsconfig.json': {} },
    { 'package.json': NPM_INIT.replace('commonjs', 'module') },
    { 'package.json': { type: 'commonjs', devDependencies: { esbuild: '1' } } },
    // Node looks at the syntax where the package does not say.
    { 'package.json': { name: 'shop' } },
  ]) {
    const { stdout, code } = await new Sandbox(files).run(['init', '--yes']);
    expect(code).toBe(0);
    expect(stdout).not.toContain('type=module');
  }
});

test('package.json gets type module where the answer is yes, and a config of that kind', () => {
  const sandbox = new Sandbox({ 'package.json': NPM_INIT });
  const project = readProject(sandbox.root);
  expect(project).toMatchObject({ needsModuleType: true, hasSources: false });
  const answers = { out: 'gen', jobsDir: 'jobs', long: 'bigint', schemas: [], workflow: false } as const;
  const texts = (moduleType: boolean): Map<string, string> =>
    new Map(planInit(project, { ...answers, moduleType }).files.map(({ path, text }) => [path, text]));
  expect(texts(true).get('package.json')).toMatch(/^\{\n {2}"name": "shop",\n {2}"type": "module",\n {2}"main"/);
  expect([...texts(true).keys()]).toContain('kgen.config.ts');
  expect(texts(false).get('package.json')).toContain('"type": "commonjs"');
  expect([...texts(false).keys()]).toContain('kgen.config.mts');
});

test('what cannot be written is a finding, and leaves nothing behind', async () => {
  const sandbox = new Sandbox({ 'package.json': module, '.github': 'a file, where a folder should be' });
  const before = sandbox.snapshot();
  const { code, stdout, stderr } = await sandbox.run(['init', '--yes']);
  expect(stderr).toBe('');
  expect(stdout).toContain('.github/workflows/kgen.yml\n  it could not be written (E');
  expect(stdout).not.toContain(sandbox.root);
  expect(code).toBe(1);
  expect(sandbox.snapshot()).toEqual(before);
  expect(existsSync(sandbox.path('schemas'))).toBe(false);
});
