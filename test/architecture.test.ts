import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

// Dependencies point one way (docs/ARCHITECTURE.md). A folder may import what is listed for it, and itself.

const root = join(import.meta.dirname, '..');

const RUNTIME: Readonly<Record<string, readonly string[]>> = {
  codec: [],
  format: ['codec'],
  time: [],
  ops: ['time'],
  registry: ['codec', 'format', 'time'],
  log: ['format', 'time'],
  state: ['codec', 'format', 'log'],
  task: ['codec', 'format', 'log', 'ops', 'state', 'time'],
  container: ['codec'],
  savepoint: ['codec', 'container', 'format', 'log', 'ops', 'state', 'task', 'time'],
  job: ['codec', 'format', 'log', 'ops', 'registry', 'savepoint', 'state', 'task', 'time'],
  testing: ['codec', 'format', 'job', 'log', 'state', 'task', 'time', 'ops'],
  threads: ['job', 'log', 'ops', 'registry', 'task', 'time'],
  codegen: ['codec', 'format', 'job'],
};

const GENERATOR: Readonly<Record<string, readonly string[]>> = {
  config: ['.'],
  sources: ['config', '.'],
  schema: ['config', 'sources', '.'],
  model: ['config', 'schema', 'sources', '.'],
  emit: ['model', 'output', 'schema', '.'],
  skeleton: ['model', 'emit', 'output', 'config', '.'],
  output: ['.'],
  init: ['config', 'output', '.'],
  inspect: ['model', 'schema', '.'],
  run: ['config', 'model', '.'],
  commands: ['config', 'sources', 'schema', 'model', 'emit', 'skeleton', 'output', 'init', 'inspect', 'run', '.'],
};

/** Every import of the sources below `folder`, as paths relative to it; packages keep their names. */
function importsBelow(folder: string): readonly { readonly file: string; readonly target: string }[] {
  const base = join(root, folder);
  const files = readdirSync(base, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.includes('node_modules') && !file.includes('dist'),
  );
  return files.flatMap((name) => {
    const file = name.replaceAll('\\', '/');
    const text = readFileSync(join(base, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    const specifiers = [
      ...text.matchAll(/^(?:import|export)\b[^;'"`]*?from '([^']+)'/gm),
      ...text.matchAll(/^import '([^']+)'/gm),
      ...text.matchAll(/\bimport\('([^']+)'\)/g),
    ].map((match) => match[1] ?? '');
    return specifiers.map((specifier) => ({
      file,
      target: specifier.startsWith('.') ? posix.normalize(posix.join(dirname(file), specifier)) : specifier,
    }));
  });
}

function violations(folder: string, allowed: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return importsBelow(folder).flatMap(({ file, target }) => {
    const [from] = file.split('/');
    if (from === undefined || !file.includes('/')) return []; // entry points see everything
    if (target.startsWith('..')) return [`${folder}/${file} leaves its package: ${target}`];
    if (!target.endsWith('.ts')) return [];
    const to = target.includes('/') ? target.split('/')[0] : '.';
    const may = allowed[from];
    if (may === undefined) return [`${folder}/${from} is not in this test's table`];
    return to === from || may.includes(to ?? '') ? [] : [`${folder}/${file} imports ${target}`];
  });
}

/** Circles of imports, types and dynamic imports included: each once, as the files on the way. */
function circles(folder: string): readonly string[] {
  const imports = Map.groupBy(importsBelow(folder), ({ file }) => file);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) found.push([...way.slice(way.indexOf(file)), file].join(' -> '));
    if (done.has(file) || way.includes(file)) return;
    for (const { target } of imports.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return found;
}

describe('architecture', () => {
  test('the import scanner sees imports', () => {
    expect(importsBelow('runtime/src').length).toBeGreaterThan(20);
    expect(importsBelow('generator')).toContainEqual({ file: 'emit/printer.ts', target: 'code-block-writer' });
  });

  test('inside the runtime', () => {
    expect(violations('runtime/src', RUNTIME)).toEqual([]);
  });

  test('inside the generator', () => {
    expect(violations('generator', GENERATOR)).toEqual([]);
  });

  test.each(['runtime/src', 'generator'])('no imports go in a circle in %s', (folder) => {
    expect(circles(folder)).toEqual([]);
  });

  test('the generator uses entries of the runtime that are made for it, and runs jobs in one place', () => {
    const entries = ['@kgen/runtime', '@kgen/runtime/schema', '@kgen/runtime/registry'];
    const running = ['@kgen/runtime/kafka', '@kgen/runtime/savepoints', '@kgen/runtime/threads'];
    const packages = importsBelow('generator').filter(({ target }) => target.startsWith('@kgen/'));
    const others = packages.filter(({ target }) => !entries.includes(target));
    expect(others.filter(({ target }) => !running.includes(target))).toEqual([]);
    expect(others.filter(({ file }) => !file.startsWith('run/') && file !== 'commands/prepared-job.ts')).toEqual([]);
  });

  test('the runtime depends on nothing but Node', () => {
    const packages = importsBelow('runtime/src').filter(({ target }) => !target.endsWith('.ts'));
    expect(packages.filter(({ target }) => !target.startsWith('node:'))).toEqual([]);
  });

  test('no source file is longer than 400 lines', () => {
    const long = ['generator', 'runtime/src']
      .flatMap((folder) => [...new Set(importsBelow(folder).map(({ file }) => join(root, folder, file)))])
      .map((file) => ({ file: relative(root, file), lines: readFileSync(file, 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 420);
    expect(long).toEqual([]);
  });
});
