import { existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesBelow } from './processes.ts';
import { packBoth, removeTemporaryFolders, unpack } from './tarballs.ts';

interface Content {
  readonly root: string;
  readonly files: readonly string[];
  readonly packageJson: {
    readonly version: string;
    readonly bin?: { readonly [name: string]: string };
    readonly exports: { readonly [path: string]: string | { readonly [condition: string]: string } };
    readonly typesVersions?: { readonly [version: string]: { readonly [path: string]: readonly string[] } };
    readonly dependencies?: { readonly [name: string]: string };
  };
}

const contents: { [name: string]: Content } = {};

beforeAll(async () => {
  const { kgen, runtime } = await packBoth();
  for (const [name, tarball] of Object.entries({ kgen, '@kgen/runtime': runtime })) {
    const root = await unpack(tarball);
    const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    contents[name] = { root, files: filesBelow(root), packageJson };
  }
}, 120_000);

afterAll(removeTemporaryFolders);

function contentOf(name: string): Content {
  const content = contents[name];
  if (content === undefined) throw new Error(`${name} was not packed`);
  return content;
}

/** Specifiers of imports, exports, dynamic imports and requires, in what the compiler prints. */
function specifiers(text: string): readonly string[] {
  const statements = text.matchAll(/^(?:import|export)\b[^'"`;=(:]*(["'])([^"'`\n]+)\1;?$/gm);
  const calls = text.matchAll(/\b(?:import|require)\((["'])([^"'`\n]+)\1\)/g);
  return [...statements, ...calls].map((match) => match[2] ?? '');
}

describe.each(['kgen', '@kgen/runtime'])('%s', (name) => {
  test('holds what was built, and what people read', () => {
    const others = contentOf(name).files.filter((path) => !/^(bin|dist|templates)\//.test(path));
    expect(others).toEqual(['LICENSE', 'README.md', 'package.json'].sort());
    const ends = new Set(contentOf(name).files.map((path) => /(\.d)?\.[a-z]+$/.exec(path)?.[0]));
    const templates = name === 'kgen' ? ['.hbs'] : [];
    expect([...ends].filter((end) => end !== undefined && end !== '.json').sort()).toEqual(
      ['.d.ts', ...templates, '.js', '.md'].sort(),
    );
    expect(contentOf(name).files.filter((path) => /(^|[/.])tests?([/.]|$)/.test(path))).toEqual([]);
  });

  test('types lie beside each module', () => {
    const { files } = contentOf(name);
    const modules = (end: string): readonly string[] =>
      files.filter((path) => path.startsWith('dist/') && path.endsWith(end)).map((path) => path.slice(0, -end.length));
    expect(modules('.js').length).toBeGreaterThan(50);
    expect(modules('.d.ts')).toEqual(modules('.js'));
  });

  test('refers to nothing that is not there: no sources, no maps, no undeclared package', () => {
    const { root, files, packageJson } = contentOf(name);
    const broken: string[] = [];
    const packages = new Set<string>();
    for (const path of files.filter((each) => /\.(js|d\.ts)$/.test(each))) {
      const text = readFileSync(join(root, path), 'utf8');
      if (text.includes('sourceMappingURL')) broken.push(`${path}: a source map`);
      for (const specifier of specifiers(text)) {
        if (specifier.startsWith('node:')) continue;
        if (!specifier.startsWith('.')) {
          packages.add(/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier);
          continue;
        }
        const target = posix.join(posix.dirname(path), specifier);
        const file = path.endsWith('.d.ts') ? target.replace(/(?<!\.d)\.[jt]s$/, '.d.ts') : target;
        if (!files.includes(file)) broken.push(`${path}: ${specifier}`);
      }
    }
    expect(broken).toEqual([]);
    const declared = new Set([name, ...Object.keys(packageJson.dependencies ?? {})]);
    expect([...packages].filter((each) => !declared.has(each))).toEqual([]);
  });

  test('says nothing of the machine it was built on', () => {
    const { root, files } = contentOf(name);
    for (const path of files) {
      expect(readFileSync(join(root, path), 'utf8'), path).not.toMatch(
        /kgen-pack-|\/work\/|\/home\/|\/Users\/|[A-Z]:\\\\/,
      );
    }
  });

  test('exports exist; the condition for work on kgen itself is nobody else’s', () => {
    const { root, packageJson } = contentOf(name);
    for (const target of Object.values(packageJson.exports)) {
      const conditions = typeof target === 'string' ? { default: target } : target;
      for (const [condition, path] of Object.entries(conditions)) {
        if (condition !== 'kgen-source') expect(existsSync(join(root, path)), path).toBe(true);
      }
    }
  });
});

test('the command is executable, and depends on the runtime of its own version', () => {
  const { root, packageJson, files } = contentOf('kgen');
  const cli = packageJson.bin?.['kgen'] ?? '';
  expect(readFileSync(join(root, cli), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  if (process.platform !== 'win32') expect(statSync(join(root, cli)).mode & 0o111).toBe(0o111);
  expect(packageJson.dependencies?.['@kgen/runtime']).toBe(contentOf('@kgen/runtime').packageJson.version);
  expect(files).toEqual(expect.arrayContaining(['templates/job.ts.hbs', 'templates/config.ts.hbs']));
});

describe('the runtime', () => {
  test('what generated code, codecs and jobs import needs nothing but Node', () => {
    const { root, packageJson } = contentOf('@kgen/runtime');
    for (const entry of ['.', './codegen/v1', './schema', './memory', './testing']) {
      const target = packageJson.exports[entry];
      const first = typeof target === 'object' ? posix.normalize(target['import'] ?? '') : '';
      const reached = new Set([first]);
      for (const path of reached) {
        for (const specifier of specifiers(readFileSync(join(root, path), 'utf8'))) {
          if (specifier.startsWith('.')) reached.add(posix.join(posix.dirname(path), specifier));
          else expect(specifier, `${entry} reaches ${path}`).toMatch(/^node:/);
        }
      }
      expect(reached.size, entry).toBeGreaterThan(10);
    }
  });

  test('gives ESM and CommonJS the same', async () => {
    const { root, packageJson } = contentOf('@kgen/runtime');
    // Its dependencies, where an installation has them.
    symlinkSync(join(import.meta.dirname, '../../node_modules'), join(dirname(root), 'node_modules'), 'junction');
    const require = createRequire(join(root, 'package.json'));
    for (const [path, target] of Object.entries(packageJson.exports)) {
      if (typeof target === 'string') continue;
      const { import: esm = '', require: cjs = '', default: only } = target;
      if (only !== undefined) {
        // ESM alone: what must know where its own files lie. CommonJS loads it all the same.
        const module: object = await import(pathToFileURL(join(root, only)).href);
        expect(Object.keys(require(join(root, only))).sort(), path).toEqual(Object.keys(module).sort());
        expect(Object.keys(module).length, path).toBeGreaterThan(0);
        continue;
      }
      const module: object = await import(pathToFileURL(join(root, esm)).href);
      const common: object = require(join(root, cjs));
      expect(Object.keys(common).sort(), path).toEqual(Object.keys(module).sort());
      expect(Object.keys(module).length, path).toBeGreaterThan(0);
      expect(esm.replace('/esm/', '/cjs/')).toBe(cjs);
    }
  });

  test('old resolution finds the types of every export', () => {
    const { root, packageJson } = contentOf('@kgen/runtime');
    const entries = Object.entries(packageJson.exports).filter(([, target]) => typeof target !== 'string');
    const versions = packageJson.typesVersions?.['*'] ?? {};
    expect(['.', ...Object.keys(versions).map((each) => `./${each}`)].sort()).toEqual(
      entries.map(([path]) => path).sort(),
    );
    for (const [types] of Object.values(versions)) expect(existsSync(join(root, types ?? '')), types).toBe(true);
  });
});
