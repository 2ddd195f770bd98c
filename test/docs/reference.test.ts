import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../generator/commands/program.ts';
import { validateConfig } from '../../generator/config/validate.ts';
import { blocksOf, PAGES, ROOT, textOf } from './pages.ts';

describe('links', () => {
  test.for(PAGES.map((page) => [page]))('of %s lead somewhere', ([page = '']) => {
    const links = [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
    const broken = links.filter((link) => {
      if (/^(https?|mailto):/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(target).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('lead to every page', () => {
    const all = PAGES.flatMap((page) =>
      [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s#]+)/g)].map((match) =>
        normalize(join(dirname(page), match[1] ?? '')),
      ),
    );
    const orphans = PAGES.filter((page) => page.startsWith('docs/') && !all.includes(page));
    expect(orphans).toEqual([]);
  });
});

/** Headings as GitHub makes anchors of them. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...withoutCode(textOf(page)).matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? '');
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '');
}

describe('docs/cli.md', () => {
  const page = textOf('docs/cli.md');
  const { print, note } = { print: () => {}, note: () => {} };
  const program = buildProgram({ print, note, colors: undefined as never }, () => {});
  const commands = program.commands.filter((command) => command.name() !== 'help');

  test('the program has commands', () => {
    expect(commands.map((command) => command.name())).toContain('generate');
  });

  test.for(commands.map((command) => [command.name(), command] as const))('says all of %s', ([name, command]) => {
    const section = sectionOf(page, `kgen ${name}`);
    for (const option of command.options) {
      if (option.long === '--help') continue;
      expect(section).toContain(`\`${option.long}`);
      if (option.short !== undefined) expect(section).toContain(`\`${option.short}\``);
    }
  });
});

/** The text below a heading that holds `title` as code. */
function sectionOf(page: string, title: string): string {
  const start = page.indexOf(`\n## \`${title}\``);
  expect(start, `no heading \`${title}\``).toBeGreaterThan(0);
  const end = page.indexOf('\n## ', start + 1);
  return page.slice(start, end === -1 ? undefined : end);
}

describe('docs/config.md', () => {
  const page = textOf('docs/config.md');
  const { options, values } = vocabulary();

  test('the validator tells its options', () => {
    expect([...options]).toEqual(expect.arrayContaining(['schemas', 'outOfOrderness', 'keyFrom', 'interval', 'list']));
    expect([...values]).toEqual(expect.arrayContaining(['round-robin', 'exactly-once', 'base']));
  });

  test('says every option', () => {
    const code = [...page.matchAll(/`([^`\n]+)`/g)].flatMap((match) => match[1]?.match(/[\w-]+/g) ?? []);
    expect([...options].filter((name) => !code.includes(name))).toEqual([]);
  });

  test('says every value', () => {
    expect([...values].filter((value) => !page.includes(`'${value}'`))).toEqual([]);
  });
});

describe('options of the config that pages name', () => {
  const named = (page: string): string[] =>
    [...textOf(page).matchAll(/`((?:kafka|registry|checkpoint)(?:\.[a-z]\w*)+)/g)].map((match) => match[1] ?? '');
  const exists = (path: readonly string[]): boolean =>
    !path.some((_, i) => ask(path.slice(0, i + 1), 1).includes('there is no such option'));

  test('are found', () => {
    expect(PAGES.flatMap(named)).toEqual(expect.arrayContaining(['kafka.producer.acks', 'registry.url']));
  });

  test.for(PAGES.map((page) => [page]))('in %s exist', ([page = '']) => {
    const unknown = named(page).filter((name) => {
      const path = name.split('.');
      return !exists(path) && !exists(['jobs', 'x', ...path]);
    });
    expect(unknown).toEqual([]);
  });
});

/**
 * All names of options and all of their fixed values, as the validator's own findings tell them: it is asked about
 * options that do not exist and values that fit nothing, at every place where an option may be.
 */
function vocabulary(): { readonly options: ReadonlySet<string>; readonly values: ReadonlySet<string> } {
  const options = new Set<string>();
  const values = new Set<string>();
  const pending: (readonly string[])[] = [[]];
  for (const path of pending) {
    for (const word of ask(path, 1).matchAll(/`[^`]+`/g)) addWords(word[0], options);
    for (const [, value = ''] of (/^Use '.*$/m.exec(ask(path, 'x'))?.[0] ?? '').matchAll(/'([^']+)'/g))
      values.add(value);
    // Where keys are the user's own, options are one level below.
    for (const holder of [path, [...path, 'x']]) {
      const told = /The options here are (.*)/.exec(ask([...holder, 'x'], 1))?.[1] ?? '';
      for (const [, name = ''] of told.matchAll(/`([^`]+)`/g)) {
        options.add(name);
        pending.push([...holder, name]);
      }
    }
  }
  return { options, values };
}

/** What the validator says of a value at a path. */
function ask(path: readonly string[], value: unknown): string {
  const config = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
  return validateConfig(config, undefined)
    .filter((finding) => (finding.path ?? '') === path.join('.'))
    .map(({ reason, hint }) => `${reason}\n${hint}`)
    .join('\n');
}

function addWords(code: string, words: Set<string>): void {
  for (const [word] of code.matchAll(/[a-z][\w-]*/gi)) words.add(word);
}

describe('docs/kafka.md', () => {
  const page = textOf('docs/kafka.md');
  const folder = 'runtime/src/log/kafka';
  const places = [
    'log-options.ts',
    'transport/options.ts',
    'group/options.ts',
    'producer/options.ts',
    'source/fetcher.ts',
  ];

  test.for(places.map((place) => [place]))('says every option of %s', ([place = '']) => {
    const text = /export interface (?:\w*Options|TransportOptions)[^{]*\{\n([\s\S]*?)\n\}/g;
    const bodies = [...textOf(`${folder}/${place}`).matchAll(text)].map((match) => match[1] ?? '');
    const names = bodies.flatMap((body) => [...body.matchAll(/^ {2}readonly (\w+)/gm)].map((match) => match[1] ?? ''));
    expect(names.length).toBeGreaterThan(2);
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('runtime/README.md', () => {
  const page = textOf('runtime/README.md');

  test('says every entry of the package', () => {
    const { exports } = JSON.parse(textOf('runtime/package.json')) as { exports: Record<string, unknown> };
    const entries = Object.keys(exports).filter((entry) => entry !== './package.json');
    const rows = [...page.matchAll(/^\| `(@kgen\/runtime[^`]*)`/gm)].map((match) => match[1]);
    expect(rows.toSorted()).toEqual(entries.map((entry) => entry.replace('.', '@kgen/runtime')).toSorted());
  });

  test('says functions that their entries have', async () => {
    const rows = [...page.matchAll(/^\| `(@kgen\/runtime\/[^`]*)` \| (.*) \|$/gm)];
    expect(rows.length).toBeGreaterThan(5);
    for (const [, entry = '', text = ''] of rows) {
      const names = [...text.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? '');
      const has = Object.keys((await import(entry)) as object);
      expect(
        names.filter((name) => !has.includes(name)),
        entry,
      ).toEqual([]);
    }
  });
});

test('the sample in README.md is the one that `kgen init` writes', () => {
  const sample = blocksOf('README.md').find(({ path }) => path === 'schemas/shop.avdl')?.code;
  expect(sample?.replace(/^.*\n/, '')).toBe(readFileSync(join(ROOT, 'templates/sample.avdl.hbs'), 'utf8'));
});
