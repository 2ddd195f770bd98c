import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import Handlebars from 'handlebars';
import { detectImportExtension } from '../config/import-extension.ts';
import { CONFIG_NAMES } from '../config-names.ts';
import type { Finding } from '../finding.ts';
import { normalizeOut } from '../out-folder.ts';
import type { OutputFile } from '../output/output-file.ts';
import { addMembers, setMember } from './package-json.ts';
import type { Project } from './project.ts';

/** What `init` asks, or takes for granted. */
export interface Answers {
  readonly out: string;
  readonly jobsDir: string;
  readonly long: 'bigint' | 'number';
  /** Globs of schemas that are there already; empty where the sample is to be written. */
  readonly schemas: readonly string[];
  readonly workflow: boolean;
  /** package.json gets `"type": "module"`. */
  readonly moduleType: boolean;
}

export interface InitPlan {
  /** New files, and package.json and .gitattributes with something added. Relative to the project, may begin with `../`. */
  readonly files: readonly (OutputFile & { readonly what: string })[];
  /** What stands in the way: nothing is overwritten, and then nothing written at all. */
  readonly findings: readonly Finding[];
  /** What was left as it is, and why. */
  readonly notes: readonly string[];
}

const SAMPLE_SCHEMA = 'schemas/shop.avdl';
const WORKFLOW = '.github/workflows/kgen.yml';

/** Settles what `init` writes. Touches nothing. */
export function planInit(project: Project, answers: Answers): InitPlan {
  const sample = answers.schemas.length === 0;
  const config = project.isModule || answers.moduleType ? 'kgen.config.ts' : 'kgen.config.mts';
  const created = [
    { path: config, what: 'what is generated, from what', text: printConfig(project, answers) },
    ...(sample ? [{ path: SAMPLE_SCHEMA, what: 'a sample schema', text: render('sample.avdl', {}) }] : []),
    ...(answers.workflow ? [printWorkflow(project)] : []),
  ];
  const edits = [editPackageJson(project, answers), editAttributes(project, answers)];
  const configs = CONFIG_NAMES.filter((name) => name !== config && existsSync(join(project.root, name)));
  return {
    files: [...created, ...edits.flatMap(({ file }) => (file === undefined ? [] : [file]))],
    findings: [
      ...[...created.map(({ path }) => path).filter((path) => existsSync(join(project.root, path))), ...configs].map(
        exists,
      ),
      ...edits.flatMap(({ finding }) => (finding === undefined ? [] : [finding])),
    ],
    notes: edits.flatMap(({ notes }) => notes),
  };
}

function exists(file: string): Finding {
  return { file, reason: 'it exists already', hint: 'Nothing is overwritten: move or remove it first' };
}

interface Edit {
  readonly file?: (OutputFile & { readonly what: string }) | undefined;
  readonly finding?: Finding | undefined;
  readonly notes: readonly string[];
}

function editPackageJson(project: Project, { moduleType }: Answers): Edit {
  const wanted: { readonly [name: string]: string } = {
    generate: 'kgen generate',
    check: 'kgen check',
    typecheck: project.hasTsConfig ? 'tsc --noEmit' : 'kgen check --types',
  };
  const added = Object.entries(wanted).filter(([name]) => !(name in project.scripts));
  const notes = Object.keys(wanted)
    .filter((name) => name in project.scripts && project.scripts[name] !== wanted[name])
    .map((name) => `package.json has a script \`${name}\` of its own: left as it is`);
  if (added.length === 0 && !moduleType) return { notes };
  const before = project.packageJson ?? '{\n  "private": true,\n  "type": "module"\n}\n';
  try {
    const typed = moduleType ? setMember(before, 'type', 'module') : before;
    const text = added.length === 0 ? typed : addMembers(typed, 'scripts', Object.fromEntries(added));
    const what = [
      ...(moduleType ? ['type module'] : []),
      ...(added.length === 0 ? [] : [`scripts ${added.map(([name]) => name).join(', ')}`]),
    ].join('; ');
    return { file: { path: 'package.json', text, what }, notes };
  } catch (error) {
    const reason = `it cannot be changed: ${error instanceof Error ? error.message : String(error)}`;
    return { finding: { file: 'package.json', reason, hint: 'Mend the file' }, notes };
  }
}

/** Generated code has LF on every machine, and is folded away in reviews. */
function editAttributes(project: Project, { out }: Answers): Edit {
  const path = join(project.root, '.gitattributes');
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const pattern = `${normalizeOut(out)}/**`;
  if (before.split(/\r?\n/).some((line) => line.trimStart().startsWith(`${pattern} `))) return { notes: [] };
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  const text = `${before}${gap}${pattern} text eol=lf linguist-generated\n`;
  return { file: { path: '.gitattributes', text, what: 'LF in generated code' }, notes: [] };
}

function printConfig(project: Project, { schemas, out, jobsDir, long }: Answers): string {
  const sample = schemas.length === 0;
  const { extension, reason } = detectImportExtension(join(project.root, out), project.root);
  return render('config.ts', {
    schemas: sample ? ['schemas/**/*.{avsc,avdl,avpr}'] : schemas,
    out: normalizeOut(out),
    jobsDir: normalizeOut(jobsDir),
    importExtension: extension === '' ? 'none' : extension,
    because: (reason.charAt(0).toUpperCase() + reason.slice(1)).replaceAll(/[\r\n\u2028\u2029]/g, ' '),
    long,
    sample,
  });
}

function printWorkflow({ folder, manager }: Project): OutputFile & { readonly what: string } {
  const up =
    folder === ''
      ? ''
      : `${folder
          .split('/')
          .map(() => '..')
          .join('/')}/`;
  const { setup, install, execute } = manager;
  const text = render('workflow.yml', { folder: folder === '' ? '' : JSON.stringify(folder), setup, install, execute });
  return { path: posix.join(up, WORKFLOW), text, what: 'the check in CI' };
}

function render(name: string, values: object): string {
  const source = readFileSync(new URL(`../../templates/${name}.hbs`, import.meta.url), 'utf8');
  const handlebars = Handlebars.create();
  handlebars.registerHelper('quote', quote);
  handlebars.registerHelper('list', (items: readonly string[]) => items.map(quote).join(', '));
  return handlebars.compile(source, { noEscape: true, strict: true })(values);
}

function quote(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}
