import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseImportExtension } from '../../generator/config/import-extension.ts';

/** What `auto` chooses in a project with these files; objects become JSON. */
function choose(files: { readonly [path: string]: object | string }, out = 'src/generated'): string {
  const root = mkdtempSync(join(tmpdir(), 'kgen-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  const { extension, reason } = chooseImportExtension({ importExtension: 'auto', out }, root);
  rmSync(root, { recursive: true });
  return `${extension === '' ? 'none' : extension}: ${reason}`;
}

const allows = { compilerOptions: { allowImportingTsExtensions: true } };
const forbids = { compilerOptions: { module: 'nodenext' } };

test('without a tsconfig, Node runs the files: .ts', () => {
  expect(choose({})).toBe('.ts: there is no tsconfig.json, and Node imports files by their whole names');
});

test.each(['allowImportingTsExtensions', 'rewriteRelativeImportExtensions'])('.ts where %s is set', (flag) => {
  expect(choose({ 'tsconfig.json': { compilerOptions: { [flag]: true } } })).toBe(`.ts: tsconfig.json sets ${flag}`);
  expect(choose({ 'tsconfig.json': { compilerOptions: { [flag]: false } } })).toMatch(/^\.js: /);
});

test('.js where the compiler allows nothing else', () => {
  expect(choose({ 'tsconfig.json': forbids })).toBe('.js: tsconfig.json does not allow imports that end in .ts');
  expect(choose({ 'tsconfig.json': '{ this is not JSON' })).toMatch(/^\.js: /);
  expect(choose({ 'tsconfig.json': '' })).toMatch(/^\.js: /);
});

test('comments, trailing commas and a byte order mark are read', () => {
  const text =
    '\uFEFF{\n// "allowImportingTsExtensions": false\n"compilerOptions": { /* , */ "paths": { "//": ["a,]"], }, "allowImportingTsExtensions": true, }, }';
  expect(choose({ 'tsconfig.json': text })).toMatch(/^\.ts: /);
});

test('the tsconfig nearest to `out` counts', () => {
  expect(choose({ 'tsconfig.json': allows, 'src/tsconfig.json': forbids })).toMatch(/^\.js: src\/tsconfig\.json/);
  expect(choose({ 'tsconfig.json': forbids, 'src/generated/tsconfig.json': allows })).toMatch(/^\.ts: /);
});

test('extends: files, lists where later ones win, packages, and circles', () => {
  expect(choose({ 'tsconfig.json': { extends: './base' }, 'base.json': allows })).toMatch(/^\.ts: /);
  expect(
    choose({
      'tsconfig.json': { extends: './config/a.json' },
      'config/a.json': { extends: '../b.json' },
      'b.json': allows,
    }),
  ).toMatch(/^\.ts: /);
  expect(
    choose({
      'tsconfig.json': { extends: ['./a.json', './b.json'] },
      'a.json': allows,
      'b.json': { compilerOptions: { allowImportingTsExtensions: false } },
    }),
  ).toMatch(/^\.js: /);
  expect(choose({ 'tsconfig.json': { extends: './a.json', ...forbids }, 'a.json': allows })).toMatch(/^\.ts: /);
  const scoped = { 'node_modules/@tsconfig/strictest/tsconfig.json': allows };
  for (const name of ['@tsconfig/strictest', '@tsconfig/strictest/tsconfig', '@tsconfig/strictest/tsconfig.json']) {
    expect(choose({ 'tsconfig.json': { extends: name }, ...scoped })).toMatch(/^\.ts: /);
  }
  const exported = {
    'node_modules/base/package.json': { name: 'base', exports: { './node': './files/node.json' } },
    'node_modules/base/files/node.json': allows,
  };
  expect(choose({ 'tsconfig.json': { extends: 'base/node' }, ...exported })).toMatch(/^\.ts: /);
  expect(choose({ 'tsconfig.json': { extends: './tsconfig.json' } })).toMatch(/^\.js: /);
  expect(choose({ 'tsconfig.json': { extends: './missing.json' } })).toMatch(/^\.js: /);
});

test('a solution: the flag of one of its projects', () => {
  const solution = { files: [], references: [{ path: './tsconfig.node.json' }, { path: './app' }] };
  const files = { 'tsconfig.json': solution, 'tsconfig.node.json': forbids, 'app/tsconfig.json': allows };
  expect(choose(files)).toBe('.ts: app/tsconfig.json sets allowImportingTsExtensions');
  expect(choose({ ...files, 'app/tsconfig.json': forbids })).toMatch(/^\.js: /);
});

test.each([
  [{ devDependencies: { jest: '30' } }, 'none'],
  [{ jest: {} }, 'none'],
  [{ type: 'commonjs', dependencies: { 'ts-jest': '29' } }, 'none'],
  [{ type: 'module', devDependencies: { jest: '30' } }, '.js'],
  [{ devDependencies: { vitest: '5' } }, '.js'],
])('Jest in a CommonJS package: %j', (packageJson, expected) => {
  expect(choose({ 'tsconfig.json': forbids, 'package.json': packageJson }).split(':')[0]).toBe(expected);
});

test('a config file of Jest is enough; the flag goes before', () => {
  const files = { 'package.json': {}, 'jest.config.ts': '' };
  expect(choose({ ...files, 'tsconfig.json': forbids })).toBe('none: Jest loads this CommonJS package');
  expect(choose({ ...files, 'tsconfig.json': allows })).toMatch(/^\.ts: /);
});
