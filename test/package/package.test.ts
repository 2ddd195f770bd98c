import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type Base, prepareBase } from './base.ts';
import { STRICTEST } from './flags.ts';
import { foldersOfPath, mustRun, runProcess } from './processes.ts';
import { type Project, type Setting, setUp } from './project.ts';
import { isRight, SUMS } from './shop.ts';
import { removeTemporaryFolders } from './tarballs.ts';

const prepared = await prepareBase();
const MINUTES = 60_000;

afterAll(removeTemporaryFolders);

beforeEach((context) => {
  if ('unreachable' in prepared) context.skip(prepared.unreachable);
});

function base(): Base {
  if ('unreachable' in prepared) throw new Error(prepared.unreachable);
  return prepared;
}

function projectOf(setting: Setting): Promise<Project> {
  return setUp(base(), setting);
}

const ESM = { name: 'shop', private: true, type: 'module' };
const COMMON_JS = { name: 'shop', private: true, type: 'commonjs' };

/** Projects that several tests look at, each made when the first of them runs. */
const projects = new Map<string, Promise<Project>>();
function shared(name: string, setting: Setting): () => Promise<Project> {
  return () => {
    const project = projects.get(name) ?? projectOf(setting);
    projects.set(name, project);
    return project;
  };
}

const nodenextEsm = shared('nodenext ESM', {
  packageJson: ESM,
  tsconfig: {
    compilerOptions: {
      ...STRICTEST,
      target: 'es2023',
      module: 'nodenext',
      types: ['node'],
      outDir: 'dist',
      rootDir: '.',
      verbatimModuleSyntax: true,
      skipLibCheck: false,
    },
    include: ['kgen.config.ts', 'src'],
  },
  extension: '.js',
  install: ['typescript', '@types/node'],
});

const nodenextCommonJs = shared('nodenext CommonJS', {
  packageJson: COMMON_JS,
  tsconfig: {
    compilerOptions: {
      strict: true,
      target: 'es2023',
      module: 'nodenext',
      types: ['node'],
      outDir: 'dist',
      rootDir: 'src',
      skipLibCheck: false,
    },
    include: ['src'],
  },
  extension: '.js',
});

const plainNode = shared('plain Node', { extension: '.ts' });

test.concurrent('nodenext, ESM, under the strictest flags, types of packages checked too', {
  timeout: 3 * MINUTES,
}, async () => {
  const project = await nodenextEsm();
  await project.npx('tsc');
  isRight((await project.node('dist/src/main.js')).stdout);
});

test.concurrent('nodenext, CommonJS', { timeout: 3 * MINUTES }, async () => {
  const project = await nodenextCommonJs();
  await project.npx('tsc');
  expect(project.get('dist/main.js')).toContain('require("./scenario.js")');
  isRight((await project.node('dist/main.js')).stdout);
});

test.concurrent('module commonjs with moduleResolution bundler', { timeout: 3 * MINUTES }, async () => {
  const project = await projectOf({
    packageJson: COMMON_JS,
    tsconfig: {
      compilerOptions: {
        strict: true,
        target: 'es2022',
        module: 'commonjs',
        moduleResolution: 'bundler',
        esModuleInterop: true,
        types: ['node'],
        outDir: 'dist',
        rootDir: 'src',
        skipLibCheck: true,
      },
      include: ['src'],
    },
    extension: '.js',
  });
  await project.npx('tsc');
  isRight((await project.node('dist/main.js')).stdout);
});

test.concurrent('rewriteRelativeImportExtensions: sources and what is compiled of them both run', {
  timeout: 3 * MINUTES,
}, async () => {
  const project = await projectOf({
    packageJson: ESM,
    tsconfig: {
      compilerOptions: {
        strict: true,
        target: 'es2023',
        module: 'nodenext',
        rewriteRelativeImportExtensions: true,
        types: ['node'],
        outDir: 'dist',
        rootDir: 'src',
      },
      include: ['src'],
    },
    extension: '.ts',
  });
  await project.npx('tsc');
  expect(project.get('dist/main.js')).toContain("'./scenario.js'");
  isRight((await project.node('dist/main.js')).stdout);
  isRight((await project.node('src/main.ts')).stdout);
});

test.concurrent('an empty folder: plain Node without a tsconfig', { timeout: 3 * MINUTES }, async () => {
  const project = await plainNode();
  isRight((await project.node('src/main.ts')).stdout);
});

test.concurrent('Jest in a CommonJS package', { timeout: 3 * MINUTES }, async () => {
  const project = await projectOf({
    packageJson: {
      ...COMMON_JS,
      scripts: { test: 'jest' },
      devDependencies: {},
      jest: {
        transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
        watchman: false,
      },
    },
    tsconfig: {
      compilerOptions: {
        strict: true,
        target: 'es2022',
        module: 'commonjs',
        moduleResolution: 'bundler',
        types: ['node', 'jest'],
        outDir: 'dist',
        rootDir: 'src',
        skipLibCheck: true,
      },
      include: ['src'],
    },
    extension: '',
    install: ['typescript', '@types/node', '@types/jest', 'jest', '@swc/core', '@swc/jest'],
    files: { 'src/scenario.test.ts': unitTest('') },
  });
  const { stderr } = await mustRun('npm', ['test'], { cwd: project.root });
  expect(stderr).toMatch(/Tests: +3 passed/);
});

test.concurrent('vitest', { timeout: 3 * MINUTES }, async () => {
  const project = await projectOf({
    packageJson: ESM,
    tsconfig: {
      compilerOptions: {
        strict: true,
        target: 'es2023',
        module: 'nodenext',
        types: ['node'],
        noEmit: true,
        skipLibCheck: true,
      },
      include: ['src'],
    },
    extension: '.js',
    files: { 'src/scenario.test.ts': `import { expect, test } from 'vitest';\n${unitTest('.js')}` },
  });
  const { stdout } = await project.npx('vitest', 'run');
  expect(stdout).toMatch(/Tests +3 passed/);
});

describe.concurrent('TypeScript', () => {
  const compilers = { '5.8': 'typescript-5.8', '7': 'typescript' };
  const settings = {
    'strictest flags': {
      ...STRICTEST,
      isolatedDeclarations: true,
      declaration: true,
      skipLibCheck: false,
      types: ['node'],
    },
    // TypeScript 7 looks at no types but those named: the runtime itself names those of Node.
    'plain strict': { strict: true, skipLibCheck: false },
  };
  for (const [version, packageName] of Object.entries(compilers)) {
    for (const [name, flags] of Object.entries(settings)) {
      test(`${version}, ${name}: the same generated code`, { timeout: 3 * MINUTES }, async () => {
        const project = await nodenextEsm();
        const compiler = join(base().modules, packageName, 'bin/tsc');
        expect((await project.node(compiler, '--version')).stdout).toContain(`Version ${version}.`);
        const options = { ...flags, target: 'es2023', module: 'nodenext', noEmit: true };
        const file = `tsconfig.${version}-${Object.keys(flags).length}.json`;
        project.put(file, { compilerOptions: options, include: ['src'] });
        await project.node(compiler, '--project', file);
      });
    }
  }

  test('5.8, of packages that know nothing of exports', { timeout: 3 * MINUTES }, async () => {
    const project = await nodenextCommonJs();
    project.put('tsconfig.node10.json', {
      compilerOptions: {
        strict: true,
        target: 'es2022',
        module: 'commonjs',
        moduleResolution: 'node10',
        esModuleInterop: true,
        types: ['node'],
        outDir: 'node10',
        rootDir: 'src',
      },
      include: ['src'],
    });
    await project.node(join(base().modules, 'typescript-5.8/bin/tsc'), '--project', 'tsconfig.node10.json');
    isRight((await project.node('node10/main.js')).stdout);
  });
});

describe.concurrent('any generated file can be the first that is loaded', () => {
  /** Loads one file, then all, and uses what it got. */
  const program = (file: string, extension: string, load: string): string => `
    const load = (path) => ${load};
    (async () => {
      await load('./${file}');
      const { roundTrip } = await load('./scenario${extension}');
      process.stdout.write(roundTrip());
    })();`;

  test('ESM', { timeout: 3 * MINUTES }, async () => {
    const project = await plainNode();
    const files = project.generated();
    expect(files).toEqual(expect.arrayContaining(['codecs.ts', 'index.ts', 'types/acme/tree/node.ts']));
    for (const path of files) {
      const text = program(`src/generated/${path}`, '.ts', 'import(path)').replace('./scenario', './src/scenario');
      project.put('first.mjs', text);
      expect((await project.node('first.mjs')).stdout, path).toContain('"label":"leaf"');
    }
  });

  test('CommonJS', { timeout: 3 * MINUTES }, async () => {
    const project = await nodenextCommonJs();
    await project.npx('tsc', '--outDir', 'first');
    for (const path of project.generated()) {
      const text = program(`generated/${path.replace(/ts$/, 'js')}`, '.js', 'require(path)');
      project.put('first/first.js', text);
      expect((await project.node('first/first.js')).stdout, path).toContain('"label":"leaf"');
    }
  });
});

describe.concurrent('a bundle of esbuild', () => {
  const bundle = async (entry: string, format: 'esm' | 'cjs'): Promise<string> => {
    const project = await nodenextEsm();
    project.put('src/entry.ts', entry);
    const out = `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`;
    const esbuild = join(base().modules, 'esbuild/bin/esbuild');
    const flags = ['--bundle', '--minify', '--platform=node', `--format=${format}`, `--outfile=${out}`];
    await project.node(esbuild, 'src/entry.ts', ...flags);
    expect((await project.node(out)).stdout).toBe('7\n');
    return project.get(out);
  };
  const entry = `import { Card } from './generated/index.js';
    console.log(Card.decode(Card.encode({ number: '7' })).number);`;

  test.each(['esm', 'cjs'] as const)(
    '%s: holds the codecs that are used, and no other',
    { timeout: 3 * MINUTES },
    async (format) => {
      const text = await bundle(entry, format);
      expect(text).toContain('acme.pay.Card');
      for (const unused of [
        'fieldThatNoProgramReads',
        'acme.pay.Voucher',
        'acme.people',
        'acme.tree',
        'shop.Order',
        'customer-totals',
        'JOB_',
      ]) {
        expect(text).not.toContain(unused);
      }
      console.log(`esbuild, ${format}, one codec: ${(text.length / 1024).toFixed(1)} KiB minified`);
      expect(text.length).toBeLessThan(120 * 1024);
    },
  );
});

describe.concurrent('Node', () => {
  test('the lowest version claimed runs it all', { timeout: 3 * MINUTES }, async (context) => {
    const { lowestNode } = base();
    if (lowestNode === undefined) return context.skip('npm has no such Node for this machine');
    const project = await projectOf({ extension: '.ts', node: lowestNode });
    const { engines } = JSON.parse(project.get('node_modules/kgen/package.json'));
    expect((await project.node('--version')).stdout).toMatch(new RegExp(`^v${engines.node.replace('>=', '')}\\.`));
    const { stdout, stderr } = await project.node('node_modules/kgen/bin/kgen.js', 'generate');
    expect(stderr).toBe('');
    expect(stdout).toContain('up to date');
    isRight((await project.node('src/main.ts')).stdout);
  });

  test('an older one is told in one sentence', { timeout: MINUTES }, async (context) => {
    const older = foldersOfPath()
      .map((folder) => join(folder, process.platform === 'win32' ? 'node.exe' : 'node'))
      .find((path) => existsSync(path) && majorOf(path) < 22);
    if (older === undefined) return context.skip('there is no Node below 22 on this machine');
    const call = { cwd: base().modules, env: { NODE_OPTIONS: '' } };
    const { code, stdout, stderr } = await runProcess(older, ['kgen/bin/kgen.js', 'generate'], call);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^kgen needs Node 22\.18 or later; this is \d+\.\d+\.\d+\. .*\n$/);
    expect(code).toBe(2);
  });
});

describe.concurrent('kgen run, up to where it would reach Kafka', () => {
  /** Loads the job, with the runtime that it imports; nobody listens on that port. */
  async function runs(project: Project, job: string, node: string = process.execPath): Promise<void> {
    const args = ['node_modules/kgen/bin/kgen.js', 'run', job, '--brokers', '127.0.0.1:1'];
    const { code, stdout, stderr } = await runProcess(node, args, { cwd: project.root, node });
    const [waiting, failed] = stderr.split('\n').map((line) => (line.startsWith('{') ? JSON.parse(line) : line));
    expect([code, stdout]).toEqual([1, '']);
    expect(waiting, stderr).toMatchObject({ level: 40, job: 'customer-totals', msg: 'no broker answers yet' });
    expect(failed, stderr).toMatchObject({ level: 50, msg: 'job failed', err: { code: 'JOB_LOG_FAILED' } });
  }

  test('ESM: the source, which imports .js', { timeout: 3 * MINUTES }, async () => {
    await runs(await nodenextEsm(), 'customer-totals');
  });

  test('CommonJS: the source, and what is compiled of it', { timeout: 3 * MINUTES }, async () => {
    const project = await nodenextCommonJs();
    await runs(project, 'customer-totals');
    await project.npx('tsc', '--outDir', 'built');
    await runs(project, 'built/jobs/customer-totals.js');
  });

  test('no package.json says what it is', { timeout: 3 * MINUTES }, async () => {
    await runs(await plainNode(), 'src/jobs/customer-totals.ts');
  });

  test('the lowest version claimed', { timeout: 3 * MINUTES }, async (context) => {
    const { lowestNode } = base();
    if (lowestNode === undefined) return context.skip('npm has no such Node for this machine');
    await runs(await plainNode(), 'customer-totals', lowestNode);
  });
});

function majorOf(node: string): number {
  return Number(/^v(\d+)\./.exec(execFileSync(node, ['--version'], { encoding: 'utf8' }))?.[1]);
}

/** What a team tests of its own: values built by the test framework's own globals, in its own realm. */
function unitTest(extension: string): string {
  return `import { person, roundTrip, sums } from './scenario${extension}';
import { drive, sample } from '@kgen/runtime/testing';
import { Order, Person } from './generated/index${extension}';
import job from './jobs/customer-totals${extension}';

test.concurrent('round trip', () => {
  expect(JSON.parse(roundTrip()).name).toBe('Ann');
  expect(Person.decode(Person.encode(person))).toEqual(person);
  expect(Person.is(person)).toBe(true);
  expect(() => Person.decode(new Uint8Array(0))).toThrow(expect.objectContaining({ code: 'truncated' }));
});

test.concurrent('job', async () => {
  expect(await sums()).toEqual(${JSON.stringify(SUMS)});
});

test.concurrent('a driven job', async () => {
  const driver = await drive(job, { checkpoints: 'interval' });
  await driver.send.orders(sample(Order, { customer: 'ann', amount: 5 }));
  await driver.checkpoint();
  await driver.send.orders(sample(Order, { customer: 'ann', amount: 6 }));
  await driver.crash();
  await driver.restart();
  await driver.checkpoint();
  expect(driver.read.totals().map(({ value }) => value?.amount)).toEqual([5n, 11n]);
  await expect(driver.send.orders(null as never)).rejects.toThrow();
});
`;
}
